package io.advunlearn.gateway.demo;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** One picture of labelled rows of images. */
final class BeforeAfterSheet {

    private static final int CELL = 96;
    private static final int GAP = 6;
    private static final int LABEL = 150;
    private static final int FONT = 14;

    private BeforeAfterSheet() {
    }

    /**
     * @param title above the rows
     * @param row label and images
     */
    record Row(String title, List<BufferedImage> row) {
    }

    static void write(List<Row> rows, Path file) throws IOException {
        int columns = rows.stream().mapToInt(r -> r.row().size()).max().orElse(0);
        BufferedImage sheet = new BufferedImage(LABEL + columns * (CELL + GAP) + GAP, rows.size() * (CELL + GAP) + GAP, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = sheet.createGraphics();
        try {
            graphics.setColor(Color.WHITE);
            graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
            graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, FONT));
            for (int r = 0; r < rows.size(); r++) {
                draw(graphics, rows.get(r), GAP + r * (CELL + GAP));
            }
        } finally {
            graphics.dispose();
        }
        ImageIO.write(sheet, "png", file.toFile());
    }

    private static void draw(Graphics2D graphics, Row row, int top) {
        graphics.setColor(Color.BLACK);
        graphics.drawString(row.title(), GAP, top + CELL / 2);
        for (int i = 0; i < row.row().size(); i++) {
            graphics.drawImage(row.row().get(i), LABEL + i * (CELL + GAP), top, CELL, CELL, null);
        }
    }
}
