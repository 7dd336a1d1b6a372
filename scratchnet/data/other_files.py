"""What a file is that is not an IDX file, by its first bytes, and what to do about it.

Read next: `scratchnet.spread_values.values`.
"""

PEEK = 512  # bytes that tell what a file is

KINDS = [  # (place, bytes, what the file is, what to do)
    (0, b"PK\x03\x04", "a zip archive", "unzip it first"),
    (0, b"PK\x05\x06", "an empty zip archive", "download it again"),
    (257, b"ustar", "a tar archive", "unpack it with tar xf first"),
    (0, b"\x1f\x8b", "a gzip file", "unpack it with gunzip first"),
    (0, b"\x1f\x9d", "a file compressed with compress", "unpack it with uncompress first"),
    (0, b"BZh", "a bzip2 file", "unpack it with bunzip2 first"),
    (0, b"\xfd7zXZ", "an xz file", "unpack it with unxz first"),
    (0, b"(\xb5/\xfd", "a Zstandard file", "unpack it with unzstd first"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it with 7z x first"),
    (0, b"Rar!", "a RAR archive", "unpack it with unrar x first"),
    (0, b"\x93NUMPY", "a NumPy array file", "read it with np.load, and write sn.Dataset(images, t)"),
    (0, b"\x89HDF", "an HDF5 file", "read it with h5py, and write sn.Dataset(images, t)"),
    (0, b"PAR1", "a Parquet file", "read it with pandas, and write sn.Dataset(images, t)"),
    (0, b"\x89PNG", "a picture (PNG)", "give the IDX file that holds all images"),
    (0, b"\xff\xd8\xff", "a picture (JPEG)", "give the IDX file that holds all images"),
    (0, b"GIF8", "a picture (GIF)", "give the IDX file that holds all images"),
    (0, b"%PDF", "a PDF document", "download the data themselves"),
    (0, b"version https://git-lfs", "a Git LFS pointer", "run git lfs pull to get the data themselves"),
    *((0, bytes([0x80, version]), "a pickle", "it could run code, so get the IDX files instead") for version in range(2, 6)),
]
FAILED = "its download failed, so open its address in a browser and download it again"


def what_it_is(head: bytes) -> tuple[str, str] | None:
    """(what the file is, what to do), from its first bytes; None if nothing is known about it."""
    for place, start, what, remedy in KINDS:
        if head.startswith(start, place):
            return what, remedy
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") and b"<" in head[2:8]:  # in UTF-16
        return "a web page", FAILED
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<!--")):
        return "a web page (HTML)", FAILED
    if text.startswith((b"<?xml", b"<")):
        return "an XML document", FAILED
    if text.startswith((b"{", b"[")) and text.isascii():
        return "a JSON document", FAILED
    if head and all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head):
        first = head[:30].decode().split("\n")[0].strip()
        return f"a text that begins with {first!r}", FAILED
    return None
