"""Changes to copies of ELF files that take away what leads to an interpreter."""

SYMBOL = b"\0_PyRuntime\0"
OTHER = b"\0_PyRunning\0"
SECTION_HEADERS, SECTION_COUNT = 0x28, 0x3C  # e_shoff and e_shnum in Elf64_Ehdr
TYPE, EXECUTABLE, SHARED = 0x10, 2, 3  # e_type, ET_EXEC, ET_DYN


def hide_symbol(content):
    place = content.find(SYMBOL)
    assert place >= 0
    while place >= 0:
        content[place:place + len(OTHER)] = OTHER
        place = content.find(SYMBOL)


def hide_sections(content):
    content[SECTION_HEADERS:SECTION_HEADERS + 8] = bytes(8)
    content[SECTION_COUNT:SECTION_COUNT + 4] = bytes(4)  # e_shstrndx, too


def change_file(path, change):
    with open(path, "r+b") as file:
        content = bytearray(file.read())
        change(content)
        file.seek(0)
        file.write(content)


def elf_type(path):
    with open(path, "rb") as file:
        return int.from_bytes(file.read(TYPE + 2)[TYPE:], "little")


def has_section_headers(path):
    with open(path, "rb") as file:
        return any(file.read(SECTION_HEADERS + 8)[SECTION_HEADERS:])
