-- What somebody reported, for their export.
CREATE INDEX moderation_case_report_reporter ON moderation_case_report (reporter, "case");
