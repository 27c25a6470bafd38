import { describe, expect, it } from 'vitest';
import { argumentsOf, fieldsOf } from './schema';

const SCHEMA = {
  type: 'object',
  required: ['place', 'days'],
  properties: {
    place: { type: 'string', title: 'Place', description: 'Where' },
    days: { type: 'integer' },
    above: { type: 'number', default: 1.5 },
    wind: { type: 'boolean' },
    unit: { enum: ['C', 'F', 1] },
    names: { type: 'array', items: { type: 'string' } },
    rest: { type: 'object' },
    note: { type: 'string', maxLength: 1000, default: 'hi' },
  },
};

describe('the fields of a tool', () => {
  it('follow its input schema', () => {
    const fields = fieldsOf(SCHEMA) ?? [];
    expect(fields.map(({ name, kind, isRequired, initial }) => [name, kind, isRequired, initial])).toEqual([
      ['place', 'text', true, ''],
      ['days', 'whole', true, ''],
      ['above', 'number', false, '1.5'],
      ['wind', 'yesno', false, ''],
      ['unit', 'choice', false, ''],
      ['names', 'lines', false, ''],
      ['rest', 'json', false, ''],
      ['note', 'long', false, 'hi'],
    ]);
    expect(fields[0]).toMatchObject({ label: 'Place', help: 'Where' });
    expect(fields[4]?.options).toEqual(['"C"', '"F"', '1']);
  });

  it('are none for what no form could be made of', () => {
    expect(fieldsOf({ oneOf: [] })).toBeUndefined();
    expect(fieldsOf('text')).toBeUndefined();
    expect(fieldsOf({ properties: [] })).toBeUndefined();
    expect(fieldsOf({ type: 'object' })).toEqual([]);
  });
});

describe('the arguments of a tool', () => {
  const fields = fieldsOf(SCHEMA) ?? [];

  it('have the types of the schema; what is empty is not given', () => {
    const { input, problems } = argumentsOf(fields, ['Oslo', '3', '', 'true', '1', 'a\n\nb', '{"x":1}', '']);
    expect(problems.size).toBe(0);
    expect(input).toEqual({ place: 'Oslo', days: 3, wind: true, unit: 1, names: ['a', 'b'], rest: { x: 1 } });
  });

  it('may be given as JSON where they are lists', () => {
    expect(argumentsOf(fields, ['x', '1', '', '', '', '["a"]']).input).toMatchObject({ names: ['a'] });
  });

  it('say which of them are wrong', () => {
    const { problems } = argumentsOf(fields, ['', '1.5', 'x', '', '', '', '{']);
    expect([...problems]).toEqual([
      [0, 'This is needed'],
      [1, 'Type a whole number'],
      [2, 'Type a number'],
      [6, 'This is no JSON'],
    ]);
  });
});
