// Who may reach the management port from elsewhere than loopback.
import { z } from 'zod';

export const managementSchema = z
  .strictObject({
    clientCaFile: z.string().min(1).optional().meta({
      description:
        'The CA of the clients that may reach the management port from elsewhere than loopback (PEM). Whoever else connects is cut off after the handshake.',
    }),
    clients: z
      .array(z.string().min(1))
      .default([])
      .meta({ description: 'Who of them: `CN=prometheus`, or a SPIFFE ID. Nobody by default.' }),
  })
  .prefault({});
