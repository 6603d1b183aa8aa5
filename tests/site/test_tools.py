"""The project's own tools notice what is stale."""

from io import StringIO

from django.core.management import call_command

import polib
import pytest

from site_config import build_css, build_js, lock, static_checks
from site_config.common import messages


def test_every_text_of_the_interface_is_in_russian():
    call_command("update_messages", check=True, stdout=StringIO())


@pytest.fixture
def project(tmp_path):
    """A project with one text in Python and one in a template."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "models.py").write_text('from x import _\nname = _("first")\n')
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text(
        "<p title=\"it's\">{% translate 'second' %}\n"
        "{% blocktranslate count n=n %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}"
    )
    return tmp_path


def test_texts_are_found_in_code_and_templates(project):
    catalogue = messages.merged(project, project / "django.po")
    assert {entry.msgid for entry in catalogue} == {"first", "second", "%(n)s day"}
    assert len(list(messages.problems(catalogue))) == 3


def test_known_translations_are_kept(project):
    old = polib.POFile()
    old.append(polib.POEntry(msgid="second", msgstr="второй"))
    old.append(polib.POEntry(msgid="dropped", msgstr="удалённый"))
    old.save(str(project / "django.po"))
    catalogue = messages.merged(project, project / "django.po")
    assert catalogue.find("second").msgstr == "второй"
    assert catalogue.find("dropped") is None


@pytest.mark.parametrize(
    ("source", "translation"),
    [("%(n)s left", "осталось"), ("left", "осталось %(n)s"), ("{n} left", "осталось {m}")],
)
def test_translation_that_loses_a_value_is_noticed(source, translation):
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid=source, msgstr=translation))
    assert len(list(messages.problems(catalogue))) == 1


def test_locked_requirements_answer_to_their_sources():
    assert lock.stale() == []


def test_changed_requirement_is_noticed(tmp_path):
    for name in lock.NAMES:
        (tmp_path / f"{name}.in").write_text("-r base.in\n" if name != "base" else "wagtail==1\n")
    for name in lock.NAMES:
        (tmp_path / f"{name}.txt").write_text(f"{lock.stamp(name, tmp_path)}\nwagtail==1\n")
    assert lock.stale(tmp_path) == []
    (tmp_path / "base.in").write_text("wagtail==2\n")
    assert lock.stale(tmp_path) == ["base.txt", "production.txt", "dev.txt"]


def test_style_sheet_is_its_parts_in_order(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.css").write_text(".a { color: red; }")
    (tmp_path / "parts" / "b.css").write_text(".b { width: calc(1px + 2px); }")
    (tmp_path / "order.txt").write_text("b.css\na.css  # last\n")
    assert build_css.build(tmp_path).endswith(".b{width:calc(1px + 2px)}.a{color:red}\n")


@pytest.mark.parametrize("order", ["a.css\na.css\n", "a.css\nb.css\n", ""])
def test_list_of_parts_that_lies_is_refused(tmp_path, order):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.css").write_text(".a { color: red; }")
    (tmp_path / "order.txt").write_text(order)
    with pytest.raises(build_css.BuildError):
        build_css.build(tmp_path)


@pytest.mark.parametrize(
    "source",
    [
        "<style>a{}</style>",
        "<p style='color:red'>",
        "<script>go()</script>",
        "<button onclick='go()'>",
        "<a href='javascript:go()'>",
        "<img src='//example.org/a.png'>",
        "<link rel=stylesheet href='https://example.org/a.css'>",
        '<script src="https://example.org/a.js"></script>',
    ],
)
def test_what_the_policy_would_refuse_is_found_in_templates(source):
    assert len(static_checks.template_problems(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        '<script type="application/ld+json">{{ data }}</script>',
        "<script src=\"{% static 'js/site.js' %}\" defer></script>",
        '<a href="https://vk.ru/">VK</a>',
        '<link rel="canonical" href="https://example.org/">',
        "{# <style> #}{% comment %}<p style=''>{% endcomment %}",
    ],
)
def test_what_the_policy_allows_is_left_alone(source):
    assert static_checks.template_problems(source) == []


def test_templates_and_style_sheets_keep_the_policy():
    assert [*static_checks.check_templates(), *static_checks.check_style_sheets()] == []


def test_scripts_of_a_page_stay_within_the_budget():
    assert list(static_checks.check_script_sizes()) == []


def test_chat_stays_within_its_budgets():
    assert list(static_checks.check_chat_sizes()) == []


@pytest.fixture
def modules(tmp_path):
    """A folder with modules to join: the entry needs one, which needs another."""
    (tmp_path / "deep.js").write_text("export const deep = (many) => many * 2;\n")
    (tmp_path / "near.js").write_text(
        'import { deep } from "./deep.js";\n\nexport function near(one) {\n  return deep(one);\n}\n'
    )
    (tmp_path / "frame.js").write_text(
        'import {\n  near,\n} from "./near.js";\nimport { deep } from "./deep.js";\n'
        "export function start(options) {\n  return near(options) + deep(1);\n}\n"
    )
    return tmp_path


def test_panel_is_its_modules_each_after_what_it_needs(modules):
    built = build_js.build(modules)
    assert "import" not in built
    assert built.index("deep") < built.index("near") < built.index("start")
    assert built.endswith("export{start};\n") or built.endswith("export{start}\n")


@pytest.mark.parametrize(
    "line",
    [
        "const deep = 1;",
        'import * as all from "./near.js";',
        'export { deep } from "./deep.js";',
    ],
)
def test_modules_that_cannot_be_joined_are_refused(modules, line):
    entry = modules / "frame.js"
    entry.write_text(entry.read_text() + line + "\n")
    with pytest.raises(build_js.BuildError):
        build_js.build(modules)


def test_committed_panel_is_what_its_modules_make():
    assert build_js.is_fresh()
