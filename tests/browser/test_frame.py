"""What every page stands in, in each look. The pages' own stories are told in files of their own."""

import pytest

from tests.browser.conftest import BOTH_ENDS

at_both_ends = pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)


def scrolls_sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@at_both_ends
def test_a_stranger_is_asked_to_sign_in_first(page, axe):
    page.goto("/")
    assert page.locator("input[type=password]").is_visible()
    assert not scrolls_sideways(page)
    axe(page)


@at_both_ends
def test_the_gallery_of_components_has_nothing_in_the_way(page, context, sign_in, axe):
    sign_in(context, "vera")
    page.goto("/design/")
    assert page.locator("h1").first.is_visible()
    assert not scrolls_sideways(page)
    axe(page)


def test_what_is_built_is_compressed_and_kept(page):
    with page.expect_response("**/built/app*.js") as script, page.expect_response("**/built/app*.css") as style:
        page.goto("/")
    for response in (script.value, style.value):
        assert response.headers["content-encoding"] in {"gzip", "br"}
        assert "immutable" in response.headers["cache-control"]
