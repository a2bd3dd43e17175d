package io.advunlearn.gateway.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** HTTP/1.1 by hand: clients that know the protocol refuse to send what breaks it. */
final class RawHttp {

    private static final int TIMEOUT_MILLIS = 60_000;

    private RawHttp() {
    }

    /**
     * @param status 0 if the server closed the connection without an answer, -1 if it did neither
     * @param headers by lower-case name
     */
    record Answer(int status, Map<String, String> headers, byte[] body) {

        String mediaType() {
            return headers.getOrDefault("content-type", "").toLowerCase(Locale.ROOT);
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /**
     * Sends bytes on a connection of their own and reads until the server closes it.
     *
     * @param leaves whether the client closes its side first, in the middle of the request
     */
    static Answer send(int port, byte[] request, boolean leaves) throws IOException {
        try (Socket socket = new Socket("localhost", port)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            try {
                socket.getOutputStream().write(request);
                if (leaves) {
                    socket.shutdownOutput();
                }
            } catch (SocketException e) {
                // it had seen enough
            }
            return parse(all(socket.getInputStream()));
        } catch (SocketTimeoutException e) {
            return new Answer(-1, Map.of(), new byte[0]);
        }
    }

    private static byte[] all(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        try {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                bytes.write(buffer, 0, read);
            }
        } catch (SocketException e) {
            // closed before it had read all of the request
        }
        return bytes.toByteArray();
    }

    private static Answer parse(byte[] bytes) {
        String latin = new String(bytes, StandardCharsets.ISO_8859_1);
        int end = latin.indexOf("\r\n\r\n");
        if (end < 0) {
            return new Answer(0, Map.of(), new byte[0]);
        }
        String[] head = latin.substring(0, end).split("\r\n");
        Map<String, String> headers = new TreeMap<>();
        for (int i = 1; i < head.length; i++) {
            String[] parts = head[i].split(":", 2);
            headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1].strip());
        }
        String body = latin.substring(end + 4);
        String whole = "chunked".equals(headers.get("transfer-encoding")) ? unchunked(body) : body;
        return new Answer(Integer.parseInt(head[0].split(" ")[1]), headers, whole.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String unchunked(String body) {
        StringBuilder whole = new StringBuilder();
        int at = 0;
        while (at < body.length()) {
            int line = body.indexOf("\r\n", at);
            int length = Integer.parseInt(body.substring(at, line).strip(), 16);
            whole.append(body, line + 2, line + 2 + length);
            at = line + 2 + length + 2;
        }
        return whole.toString();
    }
}
