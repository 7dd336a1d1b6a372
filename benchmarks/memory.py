"""The most memory that a process has had. A file of its own, with nothing to import, so that asking costs no memory."""


def peak_mb() -> float:
    """In MB. (Where there is /proc, since getrusage also counts what the parent had before the fork.)"""
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024 / 1e6
    except (OSError, StopIteration):
        import resource
        import sys

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
