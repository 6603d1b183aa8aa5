"""All writes of the site's content that are not an editor's own form."""
