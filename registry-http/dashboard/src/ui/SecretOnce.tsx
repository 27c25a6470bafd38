import { useBlocker } from '@tanstack/react-router';
import { type ReactNode, useId, useState } from 'react';
import { Button } from './Button';
import { Copy } from './Copy';
import { Dialog, DialogActions } from './Dialog';
import { INPUT, LABEL } from './Field';
import { Icon } from './Icon';
import { Checkbox } from './Switch';

interface SecretOnceProps {
  title: string;
  /** What the secret is called: "API key". */
  label: string;
  secret: string;
  /** It was saved: forget the secret. */
  onSaved: () => void;
  /** What is of use together with the secret. */
  children?: ReactNode;
}

/** Shows a secret that will not be shown again. It stays until somebody says that it was saved. */
export function SecretOnce({ title, label, secret, onSaved, children }: SecretOnceProps) {
  const [isSaved, setSaved] = useState(false);
  // Neither the Back button nor a closed tab takes it away unseen.
  useBlocker({ shouldBlockFn: () => !isSaved, enableBeforeUnload: !isSaved });
  return (
    <Dialog title={title} isOpen onClose={onSaved} isHeld size={children ? 'wide' : 'normal'} role="alertdialog">
      <p className="flex items-start gap-2 rounded-lg bg-warning-soft px-3 py-2 text-warning">
        <Icon name="warning" className="mt-0.5 size-5" />
        <span>This is shown once. The service keeps no copy that could be read, so save it now.</span>
      </p>
      <Secret label={label} secret={secret} />
      {children}
      <Checkbox isSelected={isSaved} onChange={setSaved}>
        I have saved it
      </Checkbox>
      <DialogActions>
        <Button kind="primary" isDisabled={!isSaved} onPress={onSaved}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Secret({ label, secret }: { label: string; secret: string }) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className={LABEL}>
        {label}
      </label>
      <div className="flex flex-wrap items-center gap-2">
        <input
          id={id}
          readOnly
          value={secret}
          autoComplete="off"
          spellCheck={false}
          onFocus={({ currentTarget }) => currentTarget.select()}
          className={`${INPUT} min-w-0 flex-1 basis-64 font-mono text-sm`}
        />
        <Copy text={secret} label={`Copy ${label}`} />
      </div>
    </div>
  );
}
