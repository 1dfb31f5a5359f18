"""Prints what an interpreter itself says of the lines of its standard library's code objects.

One code object a line: first line, line table in hexadecimal, and "COUNT*LINE" for runs of code
units, line 0 where the interpreter has none. Runs under every interpreter from 3.6 on.
"""
import ctypes
import os
import sys
import types

# Every how manieth file of the library is looked at: enough of every shape, within seconds.
STEP = 12


def code_objects(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from code_objects(constant)


def main():
    line_of = ctypes.pythonapi.PyCode_Addr2Line
    line_of.argtypes = [ctypes.py_object, ctypes.c_int]
    folder = os.path.dirname(os.__file__)
    files = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
    for name in files[::STEP]:
        with open(os.path.join(folder, name), "rb") as file:
            module = compile(file.read(), name, "exec")
        for code in code_objects(module):
            table = code.co_linetable if sys.version_info >= (3, 10) else code.co_lnotab
            runs = []
            for offset in range(0, len(code.co_code), 2):
                line = max(line_of(code, offset), 0)
                if runs and runs[-1][1] == line:
                    runs[-1][0] += 1
                else:
                    runs.append([1, line])
            print(code.co_firstlineno, table.hex() or "-",
                  " ".join(f"{count}*{line}" for count, line in runs))


main()
