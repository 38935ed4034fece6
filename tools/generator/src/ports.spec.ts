import type { ServiceSummary } from './descriptor.reader.ts';
import { checkPort, nextPorts } from './ports.ts';

const service = (name: string, https: number, http: number, management: number): ServiceSummary => ({
  folder: name,
  name,
  description: '',
  ports: { https, http, management },
  database: false,
  secrets: [],
});
const api = service('api', 8443, 8080, 9443);

describe('nextPorts', () => {
  it('begins after the reference API', () => {
    expect(nextPorts([api])).toEqual({ https: 8444, http: 8081, management: 9444 });
  });

  it('fills a gap', () => {
    expect(nextPorts([api, service('b', 8445, 8082, 9445)])).toEqual({ https: 8444, http: 8081, management: 9444 });
  });

  it('passes over a triple of which any port is used, by any listener of anybody', () => {
    expect(nextPorts([api, service('b', 9444, 8082, 9999)])).toEqual({ https: 8446, http: 8083, management: 9446 });
  });
});

describe('checkPort', () => {
  it.each(['', '0', '80', '1023', '65536', '99999', '8444.5', '0x20fc', ' 8444', '-1', '1e4'])('refuses %j', (text) => {
    expect(() => checkPort('https-port', text, [api], [])).toThrow(/is not a port/);
  });

  it('refuses a port of another service, and names it', () => {
    expect(() => checkPort('https-port', '9443', [api], [])).toThrow(/belongs to api/);
  });

  it('refuses a port given twice', () => {
    expect(() => checkPort('http-port', '8500', [api], [8500])).toThrow(/given twice/);
  });

  it('refuses a port that the workspace keeps', () => {
    expect(() => checkPort('http-port', '8400', [], [])).toThrow(/kept/);
  });
});
