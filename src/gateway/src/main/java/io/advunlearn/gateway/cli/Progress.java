package io.advunlearn.gateway.cli;

import java.io.PrintWriter;
import java.util.Locale;

/**
 * How far something is: a bar that redraws itself on a terminal, a plain line now and then elsewhere. Written to standard
 * error, so that standard output stays the result. Not thread-safe.
 */
public final class Progress implements AutoCloseable {

    private static final int BAR_CHARACTERS = 30;
    private static final long PLAIN_INTERVAL_NANOS = 5_000_000_000L;

    private final PrintWriter out;
    private final boolean terminal;
    private long lastLine;
    private String lastLabel = "";
    private long lastDone;
    private boolean open;

    public Progress() {
        this(new PrintWriter(System.err, true), System.console() != null);
    }

    Progress(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /**
     * @param label what is being done
     * @param done pieces done
     * @param total pieces in all, 0 if unknown
     * @param note figures of interest, may be empty
     */
    public void update(String label, long done, long total, String note) {
        if (terminal) {
            out.print("\r\u001b[K" + label + " " + bar(done, total) + " " + done + "/" + total + " " + note);
            out.flush();
            open = true;
        } else if (isDue(label, done, total)) {
            out.println(label + " " + done + "/" + total + (note.isEmpty() ? "" : " " + note));
            lastLine = System.nanoTime();
            lastLabel = label;
            lastDone = done;
        }
    }

    private boolean isDue(String label, long done, long total) {
        if (label.equals(lastLabel) && done == lastDone) {
            return false;
        }
        return !label.equals(lastLabel) || done == total || System.nanoTime() - lastLine > PLAIN_INTERVAL_NANOS;
    }

    private static String bar(long done, long total) {
        int filled = total <= 0 ? 0 : (int) Math.min(BAR_CHARACTERS, BAR_CHARACTERS * done / total);
        return "[" + "#".repeat(filled) + ".".repeat(BAR_CHARACTERS - filled) + "]";
    }

    /** A line of its own. */
    public void line(String format, Object... values) {
        close();
        out.println(String.format(Locale.ROOT, format, values));
    }

    /** Ends the bar's line. */
    @Override
    public void close() {
        if (open) {
            out.println();
            open = false;
        }
    }
}
