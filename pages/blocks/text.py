"""Blocks of text: headings, paragraphs, callouts, lists with a meaning."""

from django.utils.translation import gettext_lazy as _

from wagtail import blocks

TEXT_FEATURES = ["h3", "bold", "italic", "ol", "ul", "link", "document-link"]


class HeadingBlock(blocks.CharBlock):
    """A heading of a section; sections make the page's table of contents."""

    class Meta:
        icon = "title"
        label = _("Heading")
        group = _("Text")
        description = _("The heading of a section")
        template = "blocks/heading.html"
        preview_value = "Когда сдают этот анализ"
        max_length = 200


class TextBlock(blocks.RichTextBlock):
    """Paragraphs, lists and links."""

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        group = _("Text")
        description = _("Paragraphs, lists and links")
        template = "blocks/text.html"
        preview_value = "<p>Кровь берут утром натощак. Воду пить можно.</p>"

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("features", TEXT_FEATURES)
        super().__init__(**kwargs)


class CalloutBlock(blocks.StructBlock):
    """A care card: what to know, what to beware of, when to call for help at once."""

    tone = blocks.ChoiceBlock(
        choices=[("info", _("Good to know")), ("warning", _("Attention")), ("urgent", _("Urgent"))],
        default="info",
        label=_("tone"),
    )
    title = blocks.CharBlock(max_length=120, label=_("title"))
    text = TextBlock(label=_("text"))

    class Meta:
        icon = "warning"
        label = _("Callout")
        group = _("Text")
        description = _("A framed note: good to know, attention, urgent")
        template = "blocks/callout.html"
        preview_value = {
            "tone": "warning",
            "title": "Не отменяйте лекарства сами",
            "text": "<p>Спросите врача, можно ли сделать перерыв перед анализом.</p>",
        }


class StepBlock(blocks.StructBlock):
    """One step of an instruction."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    text = blocks.TextBlock(required=False, label=_("text"))


class StepsBlock(blocks.ListBlock):
    """Numbered steps of an instruction."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(StepBlock(), min_num=1, max_num=20, **kwargs)

    class Meta:
        icon = "list-ol"
        label = _("Steps")
        group = _("Text")
        description = _("Numbered steps of an instruction")
        template = "blocks/steps.html"
        preview_value = [{"title": "Накануне", "text": "Лёгкий ужин не позже 20:00."}]


class DosDontsBlock(blocks.StructBlock):
    """What is allowed and what is not, side by side."""

    title = blocks.CharBlock(max_length=120, required=False, label=_("title"))
    dos = blocks.ListBlock(blocks.CharBlock(max_length=250), label=_("allowed"))
    donts = blocks.ListBlock(blocks.CharBlock(max_length=250), label=_("not allowed"))

    class Meta:
        icon = "tick"
        label = _("Allowed and not allowed")
        group = _("Text")
        description = _("Two lists side by side: what is allowed and what is not")
        template = "blocks/dos_donts.html"
        preview_value = {"title": "", "dos": ["пить воду"], "donts": ["курить за час до анализа"]}


class FactBlock(blocks.StructBlock):
    """A figure with words."""

    value = blocks.CharBlock(max_length=40, label=_("figure"))
    label = blocks.CharBlock(max_length=160, label=_("words"))


class FactsBlock(blocks.ListBlock):
    """Figures in a row."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(FactBlock(), min_num=1, max_num=6, **kwargs)

    class Meta:
        icon = "decimal"
        label = _("Figures")
        group = _("Text")
        description = _("Large figures with a few words under each")
        template = "blocks/facts.html"
        preview_value = [{"value": "24 часа", "label": "готов общий анализ крови"}]


class QuestionBlock(blocks.StructBlock):
    """A question and its answer."""

    question = blocks.CharBlock(max_length=250, label=_("question"))
    answer = TextBlock(label=_("answer"))


class QuestionsBlock(blocks.ListBlock):
    """Questions that open to their answers."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(QuestionBlock(), min_num=1, max_num=60, **kwargs)

    class Meta:
        icon = "help"
        label = _("Questions and answers")
        group = _("Text")
        description = _("Questions that open to their answers")
        template = "blocks/faq.html"
        preview_value = [
            {"question": "Можно ли пить воду?", "answer": "<p>Да, негазированную.</p>"}
        ]


class SourcesBlock(blocks.ListBlock):
    """The sources of a medical text."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(blocks.CharBlock(max_length=400), min_num=1, max_num=40, **kwargs)

    class Meta:
        icon = "openquote"
        label = _("Sources")
        group = _("Text")
        description = _("Orders, recommendations and books that the text rests on")
        template = "blocks/sources.html"
        preview_value = ["Приказ Минздрава России от 18.05.2021 № 464н"]
