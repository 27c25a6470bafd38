import { useState } from 'react';
import { Button } from './Button';
import { Icon } from './Icon';

const SHOWN_MS = 2_000;

/** Puts `text` on the clipboard, and says so. */
export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState<'copied' | 'failed'>();
  const copy = async () => {
    const result = await navigator.clipboard.writeText(text).then(
      () => 'copied' as const,
      () => 'failed' as const,
    );
    setDone(result);
    setTimeout(() => setDone(undefined), SHOWN_MS);
  };
  return (
    <Button size="small" onPress={copy}>
      <Icon name={done === 'copied' ? 'check' : 'copy'} className="size-4" />
      <span aria-live="polite">{done === 'copied' ? 'Copied' : done === 'failed' ? 'Copy it by hand' : label}</span>
    </Button>
  );
}
