"""Files of arrays: what is written comes back, and a damaged or hostile file ends in one sentence before it takes memory."""

import io
import itertools
import json
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

from scratchnet.support.array_file import DOCUMENT, open_arrays, write_arrays
from scratchnet.support.validation import InputError

SUFFIXES = [".npz", ".safetensors"]
each_suffix = pytest.mark.parametrize("suffix", SUFFIXES)
ARRAYS = {
    "Affine1.W": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a scalar": np.array(3.5),
    "nothing": np.zeros((0, 3), np.float16),
    "not finite": np.array([np.nan, np.inf, -0.0]),
    "whole": np.arange(5),
    "in columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big-endian": np.arange(3, dtype=">f8"),
    "Σ": np.array([True, False]),
}
NOTES = {"words": "γ \ud800", "numbers": [1, 0.1, 2**200], "nested": {"a": None}}


def written(folder, suffix=".npz", arrays=ARRAYS, **document):
    path = folder / f"file{suffix}"
    write_arrays(path, "network", document or NOTES, arrays)
    return path


def read(path):
    file = open_arrays(path, "network")
    return file.document, file.arrays()


def same(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        native = array.astype(array.dtype.newbyteorder("="))
        assert (found[name].dtype, found[name].shape) == (native.dtype, native.shape)
        assert found[name].tobytes() == native.tobytes()
        assert found[name].flags.writeable


def refused(path, *words):
    """Reading the file raises an InputError of one short line that names it, without a warning and without memory."""
    tracemalloc.start()
    try:
        with warnings.catch_warnings(), pytest.raises(InputError) as error:
            warnings.simplefilter("error")
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    message = str(error.value)
    assert path.name in message
    assert "\n" not in message
    assert len(message) < 400
    for word in words:
        assert word in message


@each_suffix
def test_what_is_written_comes_back(tmp_path, suffix):
    document, arrays = read(written(tmp_path, suffix))
    assert {name: document[name] for name in NOTES} == NOTES
    same(arrays, ARRAYS)


@each_suffix
def test_the_same_content_gives_the_same_bytes(tmp_path, suffix):
    first = written(tmp_path, suffix).read_bytes()
    assert written(tmp_path, suffix).read_bytes() == first


def test_numpy_reads_the_arrays_of_an_npz(tmp_path):
    with np.load(written(tmp_path), allow_pickle=False) as file:
        same(
            {name: file[name] for name in ["Affine1.W", "a scalar"]},
            {name: ARRAYS[name] for name in ["Affine1.W", "a scalar"]},
        )
        assert json.loads(bytes(file[DOCUMENT]))["words"] == NOTES["words"]


def test_safetensors_reads_the_arrays(tmp_path):
    from safetensors.numpy import load_file

    assert load_file(written(tmp_path, ".safetensors"))["Affine1.W"].tolist() == ARRAYS["Affine1.W"].tolist()


@each_suffix
def test_every_truncation_is_found(tmp_path, suffix):
    path = written(tmp_path, suffix)
    content = path.read_bytes()
    for end in range(len(content)):
        path.write_bytes(content[:end])
        with pytest.raises(InputError, match=path.name):
            read(path)


@each_suffix
def test_a_flipped_bit_is_found_or_changes_nothing(tmp_path, suffix):
    path = written(tmp_path, suffix)
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    harmless = 0
    for bit in rng.choice(8 * len(content), 2000, replace=False):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(flipped)
        try:
            document, arrays = read(path)
        except InputError as error:
            assert path.name in str(error)
        else:
            harmless += 1
            assert {name: document[name] for name in NOTES} == NOTES
            same(arrays, ARRAYS)
    assert harmless < 600  # dates and the like in a zip file; a safetensors has nothing of the kind
    assert suffix == ".npz" or harmless == 0


@each_suffix
def test_other_content_is_refused(tmp_path, suffix):
    path = tmp_path / f"file{suffix}"
    for content in (b"", b"PK", b"\x80\x04K\x01.", b"{}", bytes(1000), np.random.default_rng(0).bytes(5000), b"\xff" * 100):
        path.write_bytes(content)
        refused(path)


def test_names_of_files(tmp_path):
    for name in ("file.zip", "file", "file.npz.txt"):
        with pytest.raises(InputError, match=r"ends in \.npz or \.safetensors"):
            open_arrays(tmp_path / name, "network")
    with pytest.raises(InputError, match="there is no file"):
        open_arrays(tmp_path / "missing.npz", "network")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(InputError, match="there is no file"):
        open_arrays(tmp_path / "folder.npz", "network")
    with pytest.raises(InputError, match="None, but a path"):
        open_arrays(None, "network")


def test_another_kind_or_version(tmp_path):
    path = tmp_path / "file.npz"
    write_arrays(path, "trainer", {}, {})
    refused(path, "holds a trainer", "sn.load_trainer")
    write_arrays(path, "network", {"scratchnet": 2}, {})
    refused(path, "another version")


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"cannot be written.*No such file"):
        write_arrays(tmp_path / "no folder" / "file.npz", "network", {}, {})
    before = written(tmp_path).read_bytes()
    with pytest.raises(InputError, match="is complex64"):
        write_arrays(tmp_path / "file.npz", "network", {}, {"a": np.zeros(2, np.complex64)})
    assert [path.name for path in tmp_path.iterdir()] == ["file.npz"]
    assert (tmp_path / "file.npz").read_bytes() == before


def test_without_the_library_safetensors(tmp_path, monkeypatch):
    path = written(tmp_path, ".safetensors")
    monkeypatch.setitem(__import__("sys").modules, "safetensors.numpy", None)
    for attempt in (lambda: open_arrays(path, "network"), lambda: written(tmp_path, ".safetensors")):
        attempt_error = pytest.raises(InputError, match=r'pip install "scratchnet\[safetensors\]"')
        with attempt_error:
            attempt()


# --- hostile zip files


def parts_of(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(path, parts, method=zipfile.ZIP_STORED):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as file:
        warnings.simplefilter("ignore")  # two parts of one name
        for name, content in parts:
            file.writestr(name, content)
    return path


def npy(header, content=b""):
    body = io.BytesIO()
    np.lib.format.write_array_header_1_0(body, header)
    return body.getvalue() + content


def test_a_bomb_of_zeros(tmp_path):
    huge = npy({"descr": "<f4", "fortran_order": False, "shape": (50_000_000,)}, bytes(200_000_000))
    path = zipped(tmp_path / "file.npz", [(DOCUMENT, b"{}"), ("a.npy", huge)], zipfile.ZIP_DEFLATED)
    del huge
    assert path.stat().st_size < 500_000
    refused(path, "compressed")


@pytest.mark.parametrize("shape", [(10**12,), (2**62, 4), (10**18, 10**18), (10**30,), (0, 10**30), (-1,)])
def test_a_shape_that_the_content_does_not_have(tmp_path, shape):
    parts = parts_of(written(tmp_path))
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    parts["Affine1.W.npy"] = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(24)
    refused(zipped(tmp_path / "file.npz", parts.items()), "Affine1.W")


@pytest.mark.parametrize(
    "header",
    [
        {"descr": "|O", "fortran_order": False, "shape": (3,)},
        {"descr": [("a", "<f4")], "fortran_order": False, "shape": (3,)},
        {"descr": "<f4", "fortran_order": True, "shape": (2, 3)},
        {"descr": "<f8", "fortran_order": False, "shape": (3,)},
        {"descr": "<f4", "fortran_order": False, "shape": (3, 2)},
        {"descr": "<U6", "fortran_order": False, "shape": (1,)},
    ],
)
def test_another_array_than_the_document_says(tmp_path, header):
    parts = parts_of(written(tmp_path))
    parts["Affine1.W.npy"] = npy(header, bytes(24))
    refused(zipped(tmp_path / "file.npz", parts.items()), "Affine1.W")


def test_a_header_is_never_evaluated(tmp_path):
    parts = parts_of(written(tmp_path))
    for text in (
        b"(" * 2000,
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (9**9**9,), }\n",
        b"{'shape': " + b"9" * 5000,
    ):
        parts["Affine1.W.npy"] = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
        refused(zipped(tmp_path / "file.npz", parts.items()), "Affine1.W")


def test_duplicate_missing_and_added_parts(tmp_path):
    path = written(tmp_path)
    parts = parts_of(path)
    twice = [*parts.items(), ("Affine1.W.npy", parts["Affine1.W.npy"])]
    refused(zipped(path, twice), "same name")
    for name in parts:
        refused(zipped(path, [part for part in parts.items() if part[0] != name]))
    refused(zipped(path, [*parts.items(), ("more.npy", parts["whole.npy"])]), "more", "missing in its document")
    refused(zipped(path, [*parts.items(), ("evil.py", b"print('hello')")]), "evil.py")


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b"{}", b"[]", b"null", b'{"sha256": 1}', b"\xff", b'{"a": NaN}', b"9" * 10_000]
)
def test_another_document(tmp_path, text):
    parts = parts_of(written(tmp_path)) | {DOCUMENT: text}
    refused(zipped(tmp_path / "file.npz", parts.items()))


def test_swapped_arrays_are_found_by_their_digests(tmp_path):
    path = written(tmp_path, arrays={"a": np.zeros(3), "b": np.ones(3)})
    parts = parts_of(path)
    parts["a.npy"], parts["b.npy"] = parts["b.npy"], parts["a.npy"]
    refused(zipped(path, parts.items()), "differs from what was saved")


def test_many_bytes_at_random_places(tmp_path):
    path = written(tmp_path)
    content = path.read_bytes()
    rng = np.random.default_rng(1)
    for count in itertools.islice(itertools.cycle([1, 2, 8, 64]), 300):
        changed = np.frombuffer(content, np.uint8).copy()
        changed[rng.integers(len(changed), size=count)] = rng.integers(256, size=count)
        path.write_bytes(changed.tobytes())
        try:
            same(read(path)[1], ARRAYS)
        except InputError as error:
            assert path.name in str(error)
