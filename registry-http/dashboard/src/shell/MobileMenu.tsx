import type { Me } from '@/api/schema';
import { Dialog } from '@/ui/Dialog';
import { Navigation } from './Navigation';

/** The way to each page where there is no room for it beside the page. */
export default function MobileMenu({ me, onClose }: { me: Me; onClose: () => void }) {
  return (
    <Dialog title="Menu" isOpen onClose={onClose} size="small">
      <Navigation me={me} onGo={onClose} />
    </Dialog>
  );
}
