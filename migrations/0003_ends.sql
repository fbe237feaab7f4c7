-- In which order the deployments of an environment ended, as this laptop saw it: a clock can be set back.
-- What others deployed has no number.

ALTER TABLE deployments ADD COLUMN ended INTEGER;

CREATE INDEX deployments_by_end ON deployments (project, environment, ended, started, id);
