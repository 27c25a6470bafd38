import type { CreatedApiKey } from '@/api/schema';
import type { Doing } from './actions';
import { ChangeKey } from './ChangeKey';
import { ClaimKey } from './ClaimKey';
import { RevokeKey } from './RevokeKey';
import { RotateKey } from './RotateKey';

interface KeyDialogsProps {
  doing: Doing | undefined;
  onClose: () => void;
  /** There is a new secret to show. */
  onSecret: (key: CreatedApiKey) => void;
}

/** The dialog of what is being done with a key. */
export function KeyDialogs({ doing, onClose, onSecret }: KeyDialogsProps) {
  if (!doing) return null;
  const { what, key } = doing;
  const shown = (made: CreatedApiKey) => {
    onClose();
    onSecret(made);
  };
  switch (what) {
    case 'rotate':
      return <RotateKey apiKey={key} onClose={onClose} onRotated={shown} />;
    case 'claim':
      return <ClaimKey apiKey={key} onClose={onClose} onClaimed={shown} />;
    case 'change':
      return <ChangeKey apiKey={key} onClose={onClose} />;
    case 'revoke':
      return <RevokeKey apiKey={key} onClose={onClose} />;
  }
}
