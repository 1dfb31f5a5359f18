"""Asks a web server on a Unix socket; as a program, `unix_http.py SOCKET PATH`, again and again."""

import socket
import sys


def request(address, path):
    """The body of the answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = b""
        while some := connection.recv(65536):
            answer += some
    return answer.partition(b"\r\n\r\n")[2].decode()


if __name__ == "__main__":
    for _ in range(1000000):
        request(*sys.argv[1:])
