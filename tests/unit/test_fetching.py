"""Files from a mirror or the network: the hash decides."""

import pytest

from aif.data.fetching import check_sha256, fetch, hash_of
from aif.errors import InputError

URL = "http://127.0.0.1:9/some/counts%20b1.txt.gz?raw=1"


def test_the_file_of_a_mirror_is_found_by_name_and_hash(tmp_path):
    for folder, name, text in (
        ("a", "counts b1.txt.gz", "another with this name"),
        ("b/deep", "counts b1.txt.gz", "the one"),
        ("c", "other.txt.gz", "another name"),
    ):
        path = tmp_path / "mirror" / folder / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    mirror, target = str(tmp_path / "mirror"), tmp_path / "target"
    fetch(URL, hash_of(tmp_path / "mirror/b/deep/counts b1.txt.gz"), mirror, target, "d")
    assert target.read_text() == "the one"
    with pytest.raises(InputError, match=r"^d\.url: cannot download http://127\.0\.0\.1:9/some"):
        fetch(URL, hash_of(tmp_path / "mirror/c/other.txt.gz"), mirror, target, "d")


def test_another_hash_is_refused_in_one_line(tmp_path):
    path = tmp_path / "table.txt"
    path.write_text("text")
    check_sha256(path, hash_of(path), "table.txt", "d")
    message = r"^d\.sha256: table\.txt hashes to 982d9e3e.*, not to 000"
    with pytest.raises(InputError, match=message) as error:
        check_sha256(path, "0" * 64, "table.txt", "d")
    assert "\n" not in str(error.value)
