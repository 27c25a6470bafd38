import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { ProgressBar } from 'react-aria-components/ProgressBar';
import { Bar } from '@/ui/Bar';
import { Button } from '@/ui/Button';
import { Dialog, DialogActions } from '@/ui/Dialog';
import { download } from '@/ui/download';
import { count } from '@/ui/format';
import { Problem } from '@/ui/Problem';
import { Select } from '@/ui/Select';
import { say } from '@/ui/Toast';
import { collect, type Collected, MOST_EXPORTED } from './collect';
import { csv, ndjson } from './csv';
import type { AuditFilter } from './query';

const FORMATS = {
  csv: { name: 'CSV, for spreadsheets', type: 'text/csv', write: csv },
  ndjson: { name: 'NDJSON, for programs', type: 'application/x-ndjson', write: ndjson },
} as const;
type Format = keyof typeof FORMATS;

/** Saves what the current filter shows, all pages of it, as a file. */
export function ExportDialog({ filter, total, onClose }: { filter: AuditFilter; total: number; onClose: () => void }) {
  const [format, setFormat] = useState<Format>('csv');
  const [done, setDone] = useState<Collected>();
  const abort = useRef<AbortController>(undefined);
  const run = useMutation({
    mutationFn: () => collect(filter, setDone, (abort.current = new AbortController()).signal),
    onSuccess: ({ entries }) => {
      const { type, write } = FORMATS[format];
      download(`audit-log.${format}`, type, write(entries));
      say(`${count(entries.length)} entries are saved in audit-log.${format}.`);
      onClose();
    },
  });
  const close = () => {
    abort.current?.abort();
    onClose();
  };
  return (
    <Dialog title="Export the audit log" isOpen onClose={close} size="small">
      <p>
        {count(total)} {total === 1 ? 'entry fits' : 'entries fit'} the filter.{' '}
        {total > MOST_EXPORTED &&
          `The file has the newest ${MOST_EXPORTED.toLocaleString()} of them: narrow the time for others.`}
      </p>
      <Select
        label="Format"
        value={format}
        onChange={setFormat}
        isDisabled={run.isPending}
        options={(['csv', 'ndjson'] as const).map((id) => ({ id, name: FORMATS[id].name }))}
      />
      <p className="text-sm text-quiet">
        {format === 'csv'
          ? 'Cells that a spreadsheet would run as a formula begin with an apostrophe.'
          : 'Each line is an entry as the API has it, so the hashes can be computed again.'}
      </p>
      {run.isPending && (
        <Progress done={done?.entries.length ?? 0} total={Math.min(done?.total ?? total, MOST_EXPORTED)} />
      )}
      <Problem error={run.error} />
      <DialogActions>
        <Button onPress={close}>Cancel</Button>
        <Button kind="primary" isPending={run.isPending} isDisabled={total === 0} onPress={() => run.mutate()}>
          Export
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Progress({ done, total }: { done: number; total: number }) {
  return (
    <ProgressBar value={done} maxValue={Math.max(total, 1)} aria-label="Entries read">
      <p className="pb-1 text-sm text-quiet">
        {count(done)} of {count(total)} entries read
      </p>
      <Bar value={done} max={total} />
    </ProgressBar>
  );
}
