package io.advunlearn.service.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * A body of server-sent events that is written while it is being sent; what nobody has taken yet is kept. Thread-safe.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">the format</a>
 */
public final class ServerSentEvents {

    public static final String MEDIA_TYPE = "text/event-stream";

    /** The host's side of a connection. Called from any thread, never by two at once; must not block. */
    public interface Sink {

        /** @param text one event or comment, UTF-8, with its empty line */
        void send(byte[] text);

        /** Nothing follows. */
        void end();
    }

    private final Queue<byte[]> waiting = new ArrayDeque<>();
    private Sink sink;
    private boolean ended;

    /** Sends what there is and whatever follows. To be called once. */
    public synchronized void to(Sink taker) {
        sink = taker;
        waiting.forEach(sink::send);
        waiting.clear();
        if (ended) {
            sink.end();
        }
    }

    /** @param name the event's type, one line; @param data becomes JSON, in one line */
    public void event(String name, Object data) {
        send("event: " + name + "\ndata: " + new String(Answer.json(200, data).body(), StandardCharsets.UTF_8) + "\n\n");
    }

    /** A line that clients pass over; it keeps the connection open. @return whether anything can still be sent */
    public boolean comment(String text) {
        return send(": " + text + "\n\n");
    }

    private synchronized boolean send(String text) {
        if (ended) {
            return false;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (sink == null) {
            waiting.add(bytes);
        } else {
            sink.send(bytes);
        }
        return true;
    }

    /** What is sent later is dropped. */
    public synchronized void end() {
        if (!ended) {
            ended = true;
            if (sink != null) {
                sink.end();
            }
        }
    }
}
