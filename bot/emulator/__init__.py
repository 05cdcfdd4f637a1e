"""A local WeCom server, as strict as the documents, with a phone page. Knows nothing of the bot but its callback address."""
