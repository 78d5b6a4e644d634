"""TLS before something on loopback, for infra/image/check.

tls.py CERTIFICATE KEY PORT: prints the port that it listens on.
"""

import asyncio
import ssl
import sys


async def pipe(reader, writer):
    """Until the other side has said all."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main():
    certificate, key, port = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def connected(reader, writer):
        upstream = await asyncio.open_connection("127.0.0.1", int(port))
        await asyncio.gather(pipe(reader, upstream[1]), pipe(upstream[0], writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
