"""Enterprise WeChat: the client, the callback, the card shapes. What the words on a card say is decided elsewhere."""
