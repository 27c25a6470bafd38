import { Copy } from './Copy';

/** Text for a machine, to be copied. `label` says what it is. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <figure className="flex flex-col overflow-hidden rounded-lg border border-line bg-sunken">
      <figcaption className="flex items-center justify-between gap-2 border-b border-line py-1 pr-1 pl-3 text-sm text-quiet">
        {label}
        <Copy text={text} label="Copy" />
      </figcaption>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- who has no mouse scrolls it by its focus */}
      <pre className="max-h-72 overflow-auto p-3 font-mono text-sm" tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
    </figure>
  );
}
