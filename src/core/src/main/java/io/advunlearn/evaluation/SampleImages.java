package io.advunlearn.evaluation;

import io.advunlearn.evaluation.ContactSheet.Mark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The contact sheet's images one by one: {@code samples/*.png}, with their captions in {@code samples.json}. */
public final class SampleImages {

    public static final String INDEX = "samples.json";

    private static final String FOLDER = "samples";

    /**
     * @param file path below the directory
     * @param caption how it was made
     * @param mark whether the judges saw the concept
     */
    public record Sample(String file, String caption, Mark mark) {
    }

    /**
     * @param title what the row shows
     * @param samples from left to right
     */
    public record Row(String title, List<Sample> samples) {
    }

    private SampleImages() {
    }

    static void write(Path directory, List<ContactSheet.Row> rows) {
        List<Row> index = new ArrayList<>();
        try {
            Files.createDirectories(directory.resolve(FOLDER));
            for (int i = 0; i < rows.size(); i++) {
                List<Sample> samples = new ArrayList<>();
                for (ContactSheet.Cell cell : rows.get(i).cells()) {
                    String file = FOLDER + "/" + (i + 1) + "-" + (samples.size() + 1) + ".png";
                    Files.write(directory.resolve(file), cell.image().toPng(Map.of()));
                    samples.add(new Sample(file, cell.caption(), cell.mark()));
                }
                index.add(new Row(rows.get(i).title(), samples));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ReportFiles.write(directory.resolve(INDEX), index);
    }

    /** The rows; empty for evaluations that have none. */
    public static List<Row> read(Path directory) {
        Path index = directory.resolve(INDEX);
        return Files.exists(index) ? List.of(ReportFiles.read(index, Row[].class)) : List.of();
    }
}
