import { Label } from 'react-aria-components/Label';
import { RadioButton, RadioField, RadioGroup } from 'react-aria-components/RadioGroup';
import { chooseTheme, type Theme, useTheme } from '@/shell/theme';
import { LABEL } from '@/ui/Field';

const THEMES: readonly { id: Theme; name: string; help: string }[] = [
  { id: 'system', name: 'As the system', help: 'Light or dark, as your device is set' },
  { id: 'light', name: 'Light', help: 'Dark text on a light page' },
  { id: 'dark', name: 'Dark', help: 'Light text on a dark page' },
];

/** Light or dark, kept on this browser. */
export function Appearance() {
  const theme = useTheme();
  return (
    <div className="card p-4 sm:p-5">
      <RadioGroup value={theme} onChange={(next) => chooseTheme(next as Theme)} className="flex flex-col gap-3">
        <Label className={LABEL}>Theme, on this browser</Label>
        {THEMES.map(({ id, name, help }) => (
          <RadioField key={id} value={id}>
            <RadioButton className="group flex items-start gap-3 rounded-lg border border-line p-3 selected:border-accent selected:bg-accent-soft">
              <span className="mt-0.5 grid size-4.5 shrink-0 place-items-center rounded-full border border-control bg-surface group-selected:border-accent group-focus-visible:outline-2 group-focus-visible:outline-offset-2 group-focus-visible:outline-accent">
                <span className="hidden size-2.5 rounded-full bg-accent group-selected:block" />
              </span>
              <span>
                <span className="block font-medium">{name}</span>
                <span className="block text-sm text-quiet">{help}</span>
              </span>
            </RadioButton>
          </RadioField>
        ))}
      </RadioGroup>
    </div>
  );
}
