package io.advunlearn.evaluation;

import io.advunlearn.pipeline.RgbImage;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Rows of captioned images as one PNG, for people to look at. */
public final class ContactSheet {

    private static final int PICTURE = 128;
    private static final int GAP = 14;
    private static final int MARGIN = 24;
    private static final int TITLE = 34;
    private static final int CAPTION_LINES = 3;
    private static final int LINE = 13;
    private static final Color INK = new Color(0x1f2328);
    private static final Color PALE = new Color(0x656d76);
    private static final Color GOOD = new Color(0x1a7f37);
    private static final Color BAD = new Color(0xcf222e);
    private static final Font BOLD = new Font(Font.SANS_SERIF, Font.BOLD, 15);
    private static final Font SMALL = new Font(Font.SANS_SERIF, Font.PLAIN, 11);

    /** How a picture is framed. */
    public enum Mark { NONE, GOOD, BAD }

    /**
     * @param image the picture
     * @param caption a few words, cut to three lines
     * @param mark frame colour
     */
    public record Cell(RgbImage image, String caption, Mark mark) {
    }

    /**
     * @param title what the row shows
     * @param cells from left to right
     */
    public record Row(String title, List<Cell> cells) {
    }

    private ContactSheet() {
    }

    /** Draws the sheet and writes it. */
    public static void write(Path file, List<Row> rows) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            ImageIO.write(draw(rows), "png", file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param rows at least one; the longest, or the longest title, sets the width */
    public static BufferedImage draw(List<Row> rows) {
        int columns = Math.max(1, rows.stream().mapToInt(row -> row.cells().size()).max().orElse(1));
        int rowHeight = TITLE + PICTURE + CAPTION_LINES * LINE + GAP;
        int width = Math.max(columns * PICTURE + (columns - 1) * GAP, titleWidth(rows));
        BufferedImage sheet = new BufferedImage(2 * MARGIN + width, 2 * MARGIN + rows.size() * rowHeight, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = sheet.createGraphics();
        try {
            canvas.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            canvas.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
            canvas.setColor(Color.WHITE);
            canvas.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
            for (int i = 0; i < rows.size(); i++) {
                drawRow(canvas, rows.get(i), MARGIN + i * rowHeight);
            }
        } finally {
            canvas.dispose();
        }
        return sheet;
    }

    private static int titleWidth(List<Row> rows) {
        Graphics2D canvas = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        try {
            FontMetrics metrics = metrics(canvas, BOLD);
            return metrics == null ? 0 : rows.stream().mapToInt(row -> metrics.stringWidth(row.title())).max().orElse(0);
        } finally {
            canvas.dispose();
        }
    }

    private static void drawRow(Graphics2D canvas, Row row, int top) {
        write(canvas, BOLD, INK, row.title(), MARGIN, top + TITLE - 14);
        for (int i = 0; i < row.cells().size(); i++) {
            Cell cell = row.cells().get(i);
            int left = MARGIN + i * (PICTURE + GAP);
            canvas.drawImage(cell.image().toBufferedImage(), left, top + TITLE, PICTURE, PICTURE, null);
            if (cell.mark() != Mark.NONE) {
                canvas.setColor(cell.mark() == Mark.GOOD ? GOOD : BAD);
                canvas.setStroke(new BasicStroke(3));
                canvas.drawRect(left - 2, top + TITLE - 2, PICTURE + 3, PICTURE + 3);
            }
            caption(canvas, cell.caption(), left, top + TITLE + PICTURE);
        }
    }

    private static void caption(Graphics2D canvas, String text, int left, int top) {
        String rest = text;
        for (int line = 1; line <= CAPTION_LINES && !rest.isEmpty(); line++) {
            String part = fitting(canvas, rest, line == CAPTION_LINES);
            write(canvas, SMALL, PALE, part, left, top + line * LINE + 2);
            rest = rest.substring(Math.min(rest.length(), part.endsWith("…") ? rest.length() : part.length())).stripLeading();
        }
    }

    /** As many words as fit a line; the last line is cut with an ellipsis. */
    private static String fitting(Graphics2D canvas, String text, boolean last) {
        FontMetrics metrics = metrics(canvas, SMALL);
        if (metrics == null || metrics.stringWidth(text) <= PICTURE) {
            return text;
        }
        int end = text.length();
        while (end > 1 && metrics.stringWidth(text.substring(0, end) + (last ? "…" : "")) > PICTURE) {
            end--;
        }
        int space = text.lastIndexOf(' ', end);
        return last ? text.substring(0, end) + "…" : text.substring(0, space > 0 ? space : end);
    }

    private static FontMetrics metrics(Graphics2D canvas, Font font) {
        try {
            return canvas.getFontMetrics(font);
        } catch (LinkageError | RuntimeException e) {
            return null;
        }
    }

    /** Slim container images come without fonts: then the sheet has pictures only. */
    private static void write(Graphics2D canvas, Font font, Color colour, String text, int x, int y) {
        try {
            canvas.setFont(font);
            canvas.setColor(colour);
            canvas.drawString(text, x, y);
        } catch (LinkageError | RuntimeException e) {
            org.slf4j.LoggerFactory.getLogger(ContactSheet.class).debug("no fonts: a caption is left out", e);
        }
    }
}
