package io.advunlearn.service.json;

import java.io.IOException;
import java.io.InputStream;

/** Reads request bodies up to a limit. */
public final class Bodies {

    private Bodies() {
    }

    /** @throws BodyTooLargeException if there is more than {@code limit} bytes; @throws FieldException if the client leaves before its end */
    public static byte[] read(InputStream body, long limit) {
        int most = (int) Math.min(limit, Integer.MAX_VALUE - 16);
        try {
            byte[] bytes = body.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new BodyTooLargeException(limit);
            }
            return bytes;
        } catch (IOException e) {
            // a client that left in the middle, which is nothing that anybody has to look into
            throw new FieldException(null, "invalid_body", "the body could not be read to its end");
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
