package io.advunlearn.service.json;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Reads request bodies up to a limit. */
public final class Bodies {

    private Bodies() {
    }

    /** @throws BodyTooLargeException if there is more than {@code limit} bytes */
    public static byte[] read(InputStream body, long limit) {
        int most = (int) Math.min(limit, Integer.MAX_VALUE - 16);
        try {
            byte[] bytes = body.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new BodyTooLargeException(limit);
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The body is larger than accepted; HTTP 413. */
    public static final class BodyTooLargeException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        BodyTooLargeException(long limit) {
            super("the body is larger than " + limit + " bytes", null, false, false);
        }
    }
}
