import { screen, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { ApiError } from '@/api/error';
import { renderPage } from '@/test/render';
import { ConfirmChange } from './ConfirmChange';

const SEEN = { name: 'Acme', revision: 1 };

function ask(change: (record: typeof SEEN) => Promise<unknown>, now: typeof SEEN | undefined = SEEN) {
  const onClose = vi.fn();
  const { user } = renderPage(() => (
    <ConfirmChange
      title="Remove Acme?"
      action="Remove"
      record={SEEN}
      read={() => Promise.resolve(now)}
      change={change}
      done="Acme is removed."
      changes={['/api/tenants']}
      onClose={onClose}
    >
      <p>It is gone for good.</p>
    </ConfirmChange>
  ));
  const confirm = async () => user.click(await screen.findByRole('button', { name: 'Remove' }));
  return { confirm, onClose };
}

test('a change is made from the revision that was seen, and said', async () => {
  const change = vi.fn(() => Promise.resolve());
  const { confirm, onClose } = ask(change);
  await confirm();
  expect(await screen.findByText('Acme is removed.')).toBeVisible();
  expect(change).toHaveBeenCalledExactlyOnceWith(SEEN);
  expect(onClose).toHaveBeenCalledOnce();
});

test('what somebody else changed meanwhile is confirmed once more, from the new revision', async () => {
  const now = { ...SEEN, revision: 2 };
  const change = vi.fn(({ revision }: typeof SEEN) =>
    revision === 2 ? Promise.resolve() : Promise.reject(new ApiError(412, 'Changed.', { requestId: 'r-1' })),
  );
  const { confirm, onClose } = ask(change, now);
  await confirm();
  expect(await screen.findByRole('alert')).toHaveTextContent(/Look whether you still mean it.*r-1/);
  expect(onClose).not.toHaveBeenCalled();
  await confirm();
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(change).toHaveBeenLastCalledWith(now);
});

test('what is refused is told, and stays open', async () => {
  const { confirm, onClose } = ask(() => Promise.reject(new ApiError(409, 'It has servers.')));
  await confirm();
  expect(await screen.findByRole('alert')).toHaveTextContent('It has servers.');
  expect(onClose).not.toHaveBeenCalled();
});
