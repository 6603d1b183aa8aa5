"""The plain search: what a visitor types is found, what is not public is not."""

import pytest

from pages.models import Synonym
from tests.factories import pages as make
from tests.factories import sections

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("search_index")]


def look(client, query, **parameters):
    """Return the page of results."""
    return client.get("/poisk/", {"q": query, **parameters})


def titles(client, query, **parameters):
    """Return the titles of what is found."""
    response = look(client, query, **parameters)
    assert response.status_code == 200
    results = response.context["results"]
    return [result.title for result in results or []]


class TestFound:
    """What is found."""

    @pytest.mark.parametrize(
        "query", ["глюкоза", "Глюкозы", "ГЛЮКОЗУ", "глюкозой  крови", "02-007"]
    )
    def test_endings_and_capitals_do_not_matter(self, client, query):
        make.service(title="Глюкоза в крови", code="02-007")
        make.service(title="Железо")
        assert titles(client, query) == ["Глюкоза в крови"]

    def test_words_of_a_summary_and_of_a_text(self, client):
        make.service(title="Ферритин", summary="Показывает запас железа")
        sections.article(title="О витаминах", body=[("text", "<p>Когда не хватает железа</p>")])
        assert set(titles(client, "железо")) == {"Ферритин", "О витаминах"}

    def test_a_synonym(self, client):
        page = make.service(title="Тиреотропный гормон")
        page.synonyms.add(Synonym(text="ТТГ"))
        page.save_revision().publish()
        assert titles(client, "ттг") == ["Тиреотропный гормон"]

    def test_the_title_counts_most(self, client):
        make.service(title="Ферритин", purpose_text="<p>Вместе с ним смотрят железо.</p>")
        make.service(title="Железо")
        assert titles(client, "железо") == ["Железо", "Ферритин"]

    def test_all_words_are_needed(self, client):
        make.service(title="Глюкоза в крови")
        make.service(title="Глюкоза в моче")
        assert titles(client, "глюкоза моча") == ["Глюкоза в моче"]

    def test_a_new_title_is_found_at_once_and_the_old_one_is_not(self, client):
        page = make.service(title="Глюкоза")
        assert titles(client, "глюкоза") == ["Глюкоза"]
        page.title = "Сахар"
        page.save_revision().publish()
        assert titles(client, "глюкоза") == []
        assert titles(client, "сахар") == ["Сахар"]


class TestHidden:
    """What is not."""

    def test_drafts_and_what_is_unpublished(self, client):
        make.service(title="Глюкоза черновик", live=False)
        page = make.service(title="Глюкоза снятая")
        page.unpublish()
        assert titles(client, "глюкоза") == []

    def test_an_unpublished_change_of_a_page(self, client):
        page = make.service(title="Глюкоза")
        page.title = "Секретное имя"
        page.save_revision()
        assert titles(client, "секретное") == []
        assert titles(client, "глюкоза") == ["Глюкоза"]

    def test_private_pages_and_what_is_below_them(self, client):
        page = make.service(make.category("Закрытое"), title="Глюкоза закрытая")
        sections.hide(page.get_parent())
        assert titles(client, "глюкоза") == []
        assert titles(client, "закрытое") == []


class TestPage:
    """The page of results."""

    def test_nothing_asked(self, client):
        for query in ("", "   ", "\t\n"):
            response = look(client, query)
            assert response.status_code == 200
            assert not response.context["results"]
        assert client.get("/poisk/").status_code == 200

    def test_nothing_found(self, client):
        response = look(client, "ничегошеньки")
        assert response.status_code == 200
        assert response.context["total"] == 0
        assert "ничегошеньки" in response.content.decode()

    def test_pages_hold_all_results_once(self, client):
        for number in range(45):
            make.service(title=f"Глюкоза {number}")
        assert look(client, "глюкоза").context["total"] == 45
        pages = [titles(client, "глюкоза", page=number) for number in (1, 2, 3)]
        assert [len(page) for page in pages] == [20, 20, 5]
        assert len({title for page in pages for title in page}) == 45
        assert look(client, "глюкоза", page=4).status_code == 404
        assert "page=2" in look(client, "глюкоза").content.decode()

    def test_length_costs_no_queries(self, client, django_assert_max_num_queries):
        for number in range(25):
            make.service(title=f"Глюкоза {number}")
        # The first look makes the rows of the settings, which is a change of content itself.
        look(client, "глюкоза")
        look(client, "глюкоза")
        with django_assert_max_num_queries(10):
            look(client, "глюкоза")

    def test_it_is_kept_nowhere_and_sets_no_cookie(self, client):
        response = look(client, "глюкоза")
        assert "no-cache" in response["Cache-Control"]
        assert not response.cookies

    def test_every_result_leads_somewhere(self, client):
        make.service(title="Глюкоза")
        sections.news(title="Глюкоза дешевле")
        sections.office(title="Отделение Глюкоза")
        for result in look(client, "глюкоза").context["results"]:
            assert client.get(result.url).status_code == 200
            assert result.kind


@pytest.mark.parametrize(
    "query",
    [
        "'",
        '"',
        '"глюкоза',
        "глюкоза & !железо | (",
        "глюкоза:*",
        "глюкоза <-> железо",
        "!!! & | ( ) :* <->",
        "%",
        "_",
        "\\",
        "глюкоза\\",
        "🧪",
        "глюкоза 🧪",
        "глюкоза'; DROP TABLE wagtailcore_page; --",
        "{{ 7*7 }}",
        "<script>alert(1)</script>",
        "а" * 200,
        "а " * 99,
        "- - -",
        "OR AND NOT",
        "\u202eглюкоза",
        "глюкоза\u200b",
    ],
)
def test_no_query_breaks_it(client, query):
    make.service(title="Глюкоза")
    response = look(client, query)
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_a_query_of_too_many_letters_is_refused_with_a_word(client):
    response = look(client, "а" * 201)
    assert response.status_code == 400
    assert "слишком длинный" in response.content.decode()
    # Spaces are none.
    assert look(client, "глюкоза" + " " * 10_000).status_code == 200
