// Where to report a weakness (RFC 9116).
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ProblemError } from '@gatehouse/problem-details';
import { Public } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';

/** The contact lines of the descriptor. */
export class SecurityContact {
  constructor(readonly lines: readonly string[]) {}
}

const DAY_MS = 86_400_000;

/** `GET /.well-known/security.txt`; 404 while the descriptor names no contact. */
@Controller('.well-known')
@Public('whoever finds a weakness must learn where to report it')
export class SecurityTxtController {
  constructor(@Inject(SecurityContact) private readonly contact: SecurityContact) {}

  @Get('security.txt')
  @Header('content-type', 'text/plain; charset=utf-8')
  @Returns(z.string(), { mediaType: 'text/plain' })
  securityTxt(): string {
    if (this.contact.lines.length === 0) throw new ProblemError('not-found');
    const expires = new Date(Date.now() + 180 * DAY_MS).toISOString();
    return [...this.contact.lines.map((line) => `Contact: ${line}`), `Expires: ${expires}`, ''].join('\n');
  }
}
