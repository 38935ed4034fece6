import { Delete, Get } from '@nestjs/common';
import { accessOf, authorize, Public, ResourceScopes, Scopes, SenderConstrained } from './index.ts';

@Scopes('notes:read')
class Notes {
  list(): number {
    return 0;
  }
  @Scopes('notes:write', 'notes:read') create(): number {
    return 0;
  }
  @Public('the sign on the door') sign(): number {
    return 0;
  }
  @SenderConstrained() secret(): number {
    return 0;
  }
}
@ResourceScopes('orders')
class Orders {
  @Get() list(): number {
    return 0;
  }
  @Delete() remove(): number {
    return 0;
  }
}
class Undecided {
  list(): number {
    return 0;
  }
}

const principal = (scopes: string[], binding?: 'dpop') =>
  ({ kind: 'token', id: 'ada', issuer: 'https://i.test', tenant: 'north', scopes: new Set(scopes), binding }) as const;
const of = (handler: 'list' | 'create' | 'sign' | 'secret') => accessOf(Notes, Notes.prototype[handler]);

describe('who may call a route', () => {
  it("is the handler's decision, else its controller's", () => {
    expect(of('list')).toEqual({ kind: 'scopes', scopes: ['notes:read'] });
    expect(of('create')).toEqual({ kind: 'scopes', scopes: ['notes:write', 'notes:read'] });
    expect(of('sign')).toEqual({ kind: 'public', reason: 'the sign on the door' });
    expect(of('secret')).toEqual({ kind: 'scopes', scopes: ['notes:read'], senderConstrained: true });
  });

  it('is read or write, by the method, where a resource was named', () => {
    expect(accessOf(Orders, Orders.prototype.list)).toEqual({ kind: 'scopes', scopes: ['orders:read'] });
    expect(accessOf(Orders, Orders.prototype.remove)).toEqual({ kind: 'scopes', scopes: ['orders:write'] });
  });

  it('is undefined where nobody decided, and never inherited from a handler that it hides', () => {
    expect(accessOf(Undecided, Undecided.prototype.list)).toBeUndefined();
  });

  it('refuses no scope, an impossible scope, two decisions and a reason that is none', () => {
    expect(() => Scopes()).toThrow('at least one scope');
    expect(() => Scopes('a b')).toThrow('without spaces');
    expect(() => Public('because')).toThrow('say why');
    expect(() => {
      class Twice {
        @Scopes('a') @Public('both of them at once') both(): number {
          return 0;
        }
      }
      return Twice;
    }).toThrow('once');
  });
});

describe('authorize', () => {
  const access = { kind: 'scopes', scopes: ['notes:write', 'notes:read'] } as const;

  it('wants every scope, and names them all', () => {
    expect(() => authorize(access, principal(['notes:write', 'notes:read', 'more']))).not.toThrow();
    for (const scopes of [[], ['notes:read'], ['notes:write'], ['NOTES:WRITE', 'notes:read'], ['notes:*']]) {
      expect(() => authorize(access, principal(scopes))).toThrow(
        expect.objectContaining({
          code: 'forbidden',
          headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="notes:write notes:read"' },
        }),
      );
    }
  });

  it('wants a bound credential where a stolen one must be of no use', () => {
    const bound = { ...access, senderConstrained: true };
    expect(() => authorize(bound, principal([...access.scopes]))).toThrow(
      expect.objectContaining({ code: 'unauthenticated' }),
    );
    expect(() => authorize(bound, principal([...access.scopes], 'dpop'))).not.toThrow();
  });
});
