"""The roles of the staff: groups made by migration; apps add their models' permissions to them."""

EDITORS = "Редакторы"
PRICE_MANAGERS = "Менеджеры цен"
MEDICAL_REVIEWERS = "Медицинские рецензенты"
HEADS = "Руководители"
OPERATORS = "Операторы"

ALL = (EDITORS, PRICE_MANAGERS, MEDICAL_REVIEWERS, HEADS, OPERATORS)
