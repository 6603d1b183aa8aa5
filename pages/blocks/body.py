"""The body of a page: a stream of all blocks an article may have."""

from wagtail import blocks

from pages.blocks.catalogue import ServicesBlock
from pages.blocks.media import PictureBlock, TableBlock
from pages.blocks.text import (
    CalloutBlock,
    DosDontsBlock,
    FactsBlock,
    HeadingBlock,
    QuestionsBlock,
    SourcesBlock,
    StepsBlock,
    TextBlock,
)


class BodyBlock(blocks.StreamBlock):
    """What articles, news, instructions and legal documents are made of."""

    heading = HeadingBlock()
    text = TextBlock()
    callout = CalloutBlock()
    steps = StepsBlock()
    dos_donts = DosDontsBlock()
    facts = FactsBlock()
    faq = QuestionsBlock()
    image = PictureBlock()
    table = TableBlock()
    services = ServicesBlock()
    sources = SourcesBlock()
