"""A WSGI application: /pid says which process answers, anything else keeps it busy for a moment."""
import os


def leaf(n):
    total = 0
    for i in range(n):
        total += i
    return total


def work():
    return sum(leaf(2000) for _ in range(5)) + leaf(100000)


def application(environment, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environment["PATH_INFO"] == "/pid":
        return [str(os.getpid()).encode()]
    return [str(work()).encode()]
