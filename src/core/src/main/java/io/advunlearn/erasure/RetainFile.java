package io.advunlearn.erasure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads and writes lists of prompts: text with one prompt a line, or CSV with a header that has a column {@code prompt}, as the published
 * lists ({@code case_num,source,prompt}). CSV is RFC 4180 without line ends inside fields.
 */
public final class RetainFile {

    private static final String PROMPT = "prompt";
    private static final String HEADER = "case_num,source,prompt";

    private RetainFile() {
    }

    /** Blank lines are left out. @throws IllegalArgumentException naming the file or the line and what is accepted */
    public static List<RetainPrompt> read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("retain: " + file + " is not UTF-8 text", e);
        } catch (IOException e) {
            throw new IllegalArgumentException("retain: " + file + " cannot be read", e);
        }
        int column = lines.isEmpty() ? -1 : column(lines.get(0));
        List<RetainPrompt> prompts = new ArrayList<>();
        for (int i = column < 0 ? 0 : 1; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                prompts.add(new RetainPrompt(i + 1, column < 0 ? lines.get(i) : field(lines.get(i), i + 1, column)));
            }
        }
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("retain: " + file + " holds no prompt; a CSV file with a column prompt or one prompt a line is accepted");
        }
        return prompts;
    }

    /** The index of the column {@code prompt} if this is a CSV header; -1 if it is a prompt itself. */
    private static int column(String line) {
        String header = line.startsWith("\uFEFF") ? line.substring(1) : line;
        return fields(header, 1).stream().map(String::strip).toList().indexOf(PROMPT);
    }

    private static String field(String line, int number, int column) {
        List<String> fields = fields(line, number);
        if (fields.size() <= column) {
            throw new IllegalArgumentException("retain: line " + number + " has " + fields.size() + " columns, the prompt is expected in column " + (column + 1));
        }
        return fields.get(column);
    }

    private static List<String> fields(String line, int number) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quoted && c == '"' && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                field.append(c);
                i++;
            } else if (c == '"' && (quoted || field.isEmpty())) {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        if (quoted) {
            throw new IllegalArgumentException("retain: line " + number + " has a quotation mark that is not closed");
        }
        fields.add(field.toString());
        return fields;
    }

    /** A retained prompt and where it comes from: {@code catalogue}, {@code list} or {@code held}. */
    record Row(String source, String prompt) {
    }

    /** Writes the published lists' columns. */
    static void write(Path file, List<Row> rows) {
        StringBuilder csv = new StringBuilder(HEADER).append('\n');
        for (int i = 0; i < rows.size(); i++) {
            csv.append(i).append(',').append(rows.get(i).source()).append(",\"").append(rows.get(i).prompt().replace("\"", "\"\"").replaceAll("\\R", " "))
                    .append("\"\n");
        }
        try {
            Files.writeString(file, csv);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
