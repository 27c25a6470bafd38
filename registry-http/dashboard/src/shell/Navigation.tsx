import { Link } from '@tanstack/react-router';
import type { Me } from '@/api/schema';
import { Icon } from '@/ui/Icon';
import { destinations } from './navigation';

/** The way to each page. `onGo` is for a menu that then closes. */
export function Navigation({ me, onGo }: { me: Me; onGo?: () => void }) {
  return (
    <nav aria-label="Main">
      <ul className="flex flex-col gap-1">
        {destinations(me).map(({ name, to, icon }) => (
          <li key={to}>
            <Link
              to={to}
              {...(onGo && { onClick: onGo })}
              activeOptions={{ exact: to === '/', includeSearch: false }}
              className="flex min-h-10 items-center gap-3 rounded-lg px-3 py-2 font-medium"
              activeProps={{ className: 'bg-accent-soft text-accent', 'aria-current': 'page' }}
              inactiveProps={{ className: 'text-quiet hover:bg-sunken hover:text-text' }}
            >
              <Icon name={icon} />
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
