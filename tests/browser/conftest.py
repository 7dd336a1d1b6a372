"""The page of one comparison, for all tests that open it."""

import functools

import pytest
from report.compared import data_of, two_by_two, written_to


@pytest.fixture(scope="session")
def result():
    return two_by_two()


@pytest.fixture(scope="session")
def path(result, tmp_path_factory):
    return written_to(tmp_path_factory.mktemp("report"), result)


@pytest.fixture(scope="session")
def data(path):
    return data_of(path.read_text(encoding="utf-8"))


@pytest.fixture
def page(show, path):
    """Opens the page of the comparison."""
    return functools.partial(show, path)
