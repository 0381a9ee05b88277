"""Joins standard input and output to the Unix socket that is named: the worker process of a front in a test."""

import os
import socket
import sys
import threading

there = socket.socket(socket.AF_UNIX)
there.connect(sys.argv[1])


def hand_in():
    while data := os.read(0, 65536):
        there.sendall(data)
    there.shutdown(socket.SHUT_WR)


threading.Thread(target=hand_in, daemon=True).start()
while data := there.recv(65536):
    os.write(1, data)
