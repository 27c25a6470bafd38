import type { Capability, Server } from '@/api/schema';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Icon } from '@/ui/Icon';
import { Switch } from '@/ui/Switch';
import { Argument } from './Argument';
import { Answer } from './Answer';
import { useTry } from './useTry';

interface TryToolProps {
  server: Server;
  tool: Capability;
  onClose: () => void;
}

/** Calls a tool as a client would, with a key that one pastes. */
export function TryTool({ server, tool, onClose }: TryToolProps) {
  const { control, fields, asJson, setAsJson, run, outcome, isRunning, stop } = useTry(server, tool);
  return (
    <Dialog title={`Try ${tool.name}`} isOpen onClose={onClose} size="form">
      <form onSubmit={run} noValidate className="flex flex-col gap-4">
        <TextField
          control={control}
          name="key"
          label="API key"
          type="password"
          autoComplete="off"
          help="One that may call this server. It stays in this page’s memory, and is forgotten when you leave."
          monospace
        />
        {fields && fields.length > 0 && (
          <Switch isSelected={asJson} onChange={setAsJson}>
            Arguments as JSON
          </Switch>
        )}
        {asJson || !fields ? (
          <TextField control={control} name="json" label="Arguments (JSON)" rows={8} monospace />
        ) : (
          fields.map((field, index) => <Argument key={field.name} control={control} field={field} index={index} />)
        )}
        {fields?.length === 0 && !asJson && <p className="text-quiet">This tool takes no arguments.</p>}
        <div className="flex flex-wrap justify-end gap-2">
          {isRunning && <Button onPress={stop}>Stop waiting</Button>}
          <Button kind="primary" type="submit" isPending={isRunning}>
            <Icon name="play" className="size-4" />
            {isRunning ? 'Calling …' : 'Call tool'}
          </Button>
        </div>
        <div aria-live="polite">{outcome && <Answer outcome={outcome} />}</div>
      </form>
    </Dialog>
  );
}
