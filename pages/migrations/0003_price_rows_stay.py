"""Price rows are only ever added: the database itself refuses to change what has been in force."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION pages_serviceprice_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.service_id, NEW.amount, NEW.valid_from, NEW.source, NEW.created_at)
           IS DISTINCT FROM (OLD.service_id, OLD.amount, OLD.valid_from, OLD.source, OLD.created_at)
        THEN
            RAISE EXCEPTION 'a price row cannot be changed' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.valid_from <= clock_timestamp() THEN
        RAISE EXCEPTION 'a price that has been in force cannot be deleted'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER pages_serviceprice_keep BEFORE UPDATE OR DELETE ON pages_serviceprice
    FOR EACH ROW EXECUTE FUNCTION pages_serviceprice_keep();
"""

BACKWARDS = """
DROP TRIGGER pages_serviceprice_keep ON pages_serviceprice;
DROP FUNCTION pages_serviceprice_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("pages", "0002_home")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
