"""Computation only: no files, sockets, clocks, subprocesses or threads below this folder."""
