// What every server answers, so that the bytes are the same and only the path to them differs.

export const PATH = '/v1/notes/1';
export const POST_PATH = '/v1/notes';
export const NOTE = { id: '1', title: 'A note that answers from memory', text: 'x'.repeat(130) } as const;
export const NEW_NOTE = { title: NOTE.title, text: NOTE.text } as const;
export const NOTE_JSON = JSON.stringify(NOTE);
