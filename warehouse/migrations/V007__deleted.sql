-- Rows that are past their time wait here until they go for good, so that a wrong setting can be
-- taken back. Nothing reads them but warehouse/soft_delete.py and what is given out to a person.

CREATE TABLE deleted_sessions AS FROM sessions WITH NO DATA;
CREATE TABLE deleted_page_views AS FROM page_views WITH NO DATA;
CREATE TABLE deleted_events AS FROM events WITH NO DATA;
CREATE TABLE deleted_presence AS FROM presence WITH NO DATA;
CREATE TABLE deleted_conversation_states AS FROM conversation_states WITH NO DATA;
CREATE TABLE deleted_conversation_lines AS FROM conversation_lines WITH NO DATA;

ALTER TABLE deleted_sessions ADD COLUMN deleted_at TIMESTAMP;
ALTER TABLE deleted_page_views ADD COLUMN deleted_at TIMESTAMP;
ALTER TABLE deleted_events ADD COLUMN deleted_at TIMESTAMP;
ALTER TABLE deleted_presence ADD COLUMN deleted_at TIMESTAMP;
ALTER TABLE deleted_conversation_states ADD COLUMN deleted_at TIMESTAMP;
ALTER TABLE deleted_conversation_lines ADD COLUMN deleted_at TIMESTAMP;
