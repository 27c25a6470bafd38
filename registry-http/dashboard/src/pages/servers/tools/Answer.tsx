import { sentence } from '@/api/error';
import { Badge } from '@/ui/Badge';
import { Code } from '@/ui/Code';
import { milliseconds } from '@/ui/format';
import type { Outcome } from './useTry';

/** What a tool answered. It is the server's word, so it is text, whatever it says that it is. */
export function Answer({ outcome }: { outcome: Outcome }) {
  const { result, problem } = outcome;
  if (problem !== undefined) {
    return (
      <p role="alert" className="rounded-lg border border-danger bg-danger-soft px-3 py-2 text-danger">
        {sentence(problem)}
      </p>
    );
  }
  const texts = (result?.content ?? []).filter(({ type, text }) => type === 'text' && text !== undefined);
  const rest = (result?.content ?? []).length - texts.length;
  return (
    <section aria-label="Answer" className="flex flex-col gap-3">
      <p className="flex items-center gap-2">
        <Badge tone={result?.isError ? 'danger' : 'good'}>{result?.isError ? 'The tool failed' : 'Answered'}</Badge>
        <span className="text-sm text-quiet">in {milliseconds(Math.round(outcome.milliseconds))}</span>
      </p>
      {texts.map(({ text = '' }, index) => (
        <Code key={index} label={texts.length > 1 ? `Text ${index + 1}` : 'Text'} text={text} />
      ))}
      {result?.structuredContent !== undefined && (
        <Code label="Structured content" text={JSON.stringify(result.structuredContent, null, 2)} />
      )}
      {(rest > 0 || texts.length === 0) && <Code label="All of the answer" text={JSON.stringify(result, null, 2)} />}
    </section>
  );
}
