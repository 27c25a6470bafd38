DROP TABLE health_job;
