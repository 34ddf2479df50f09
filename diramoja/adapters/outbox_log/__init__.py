"""The ports mail, sms and push for a deployment that sends nothing yet: what would go out is noted in the log.

[ports]
mail = "outbox_log"
sms = "outbox_log"
push = "outbox_log"
"""
