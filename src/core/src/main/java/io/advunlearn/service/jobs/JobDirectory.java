package io.advunlearn.service.jobs;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One job on disk: {@code request.json}, {@code status.json} (replaced as a whole) and {@code events.jsonl} (only appended to;
 * a line that a crash cut is dropped). A file {@code cancel}
 * asks whoever runs it to stop. The work itself keeps its checkpoints beside them.
 */
public final class JobDirectory {

    private static final ObjectMapper MAPPER = JsonMapper.builder().addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS).build();

    private static final String REQUEST = "request.json";
    private static final String STATUS = "status.json";
    private static final String EVENTS = "events.jsonl";
    private static final String CANCEL = "cancel";

    private final Path directory;
    /** {@code null} if it is only read here, or just being made. */
    private final JobLeases.Lease lease;

    JobDirectory(Path directory) {
        this(directory, null);
    }

    private JobDirectory(Path directory, JobLeases.Lease lease) {
        this.directory = directory;
        this.lease = lease;
    }

    /** The same job, written to only as long as the lease lasts; later it throws {@link ClaimLostException}. */
    JobDirectory heldBy(JobLeases.Lease holder) {
        return new JobDirectory(directory, holder);
    }

    /** Another job, written to as long as this one is. */
    JobDirectory holdToo(JobDirectory part) {
        return part.heldBy(lease);
    }

    private void requireHeld() {
        if (lease != null) {
            lease.require();
        }
    }

    /** Before something that nobody else may do as well. @throws ClaimLostException if the lease is over */
    void renew() {
        if (lease != null) {
            lease.renew();
        }
    }

    public Path path() {
        return directory;
    }

    public String id() {
        return directory.getFileName().toString();
    }

    void create(Object request, JobStatus status) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        replace(REQUEST, request);
        // Last: a directory without a status is no job.
        write(status);
    }

    boolean exists() {
        return Files.exists(directory.resolve(STATUS));
    }

    public JsonNode request() {
        return read(REQUEST, JsonNode.class);
    }

    <T> T request(Class<T> type) {
        return read(REQUEST, type);
    }

    public JobStatus status() {
        return read(STATUS, JobStatus.class);
    }

    void write(JobStatus status) {
        requireHeld();
        replace(STATUS, status);
    }

    /** Keeps what the work found out, for whoever goes on with it. */
    void keep(String file, Map<String, Object> members) {
        requireHeld();
        replace(file, members);
    }

    /** What was kept; empty if nothing was. */
    Optional<Map<String, Object>> kept(String file) {
        return Files.exists(directory.resolve(file)) ? Optional.of(MAPPER.convertValue(read(file, JsonNode.class), new TypeReference<>() { }))
                : Optional.empty();
    }

    /** Leaves word for whichever replica runs the job, or will. */
    void askToCancel() {
        try {
            Files.write(directory.resolve(CANCEL), new byte[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isAskedToCancel() {
        return Files.exists(directory.resolve(CANCEL));
    }

    /** Before it goes on. */
    void forgetCancel() {
        try {
            Files.deleteIfExists(directory.resolve(CANCEL));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private <T> T read(String file, Class<T> type) {
        try {
            return MAPPER.readValue(directory.resolve(file).toFile(), type);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void replace(String file, Object content) {
        Path temporary = directory.resolve("." + file + ".tmp");
        try {
            byte[] json = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(content);
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                channel.write(ByteBuffer.wrap(json));
                channel.force(true);
            }
            Files.move(temporary, directory.resolve(file), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds a line with the time and the given members. */
    synchronized void append(String type, Object members) {
        requireHeld();
        ObjectNode line = MAPPER.createObjectNode();
        line.put("type", type);
        line.put("time", Instant.now().toString());
        line.setAll((ObjectNode) MAPPER.valueToTree(members));
        try {
            Files.writeString(directory.resolve(EVENTS), MAPPER.writeValueAsString(line) + "\n", StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Drops what a crash left of a line, so that the next one starts at a line's start. */
    synchronized void dropCutLine() {
        requireHeld();
        Path file = directory.resolve(EVENTS);
        if (!Files.exists(file)) {
            return;
        }
        try (RandomAccessFile events = new RandomAccessFile(file.toFile(), "rw")) {
            long end = events.length();
            while (end > 0) {
                events.seek(end - 1);
                if (events.read() == '\n') {
                    break;
                }
                end--;
            }
            events.setLength(end);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The whole lines of {@code events.jsonl} from a position on.
     *
     * @param offset bytes, a line's start
     */
    public List<Event> events(long offset) {
        Path file = directory.resolve(EVENTS);
        if (!Files.exists(file)) {
            return List.of();
        }
        try (RandomAccessFile events = new RandomAccessFile(file.toFile(), "r")) {
            if (offset < 0 || offset > events.length()) {
                return List.of();
            }
            events.seek(offset);
            byte[] rest = new byte[(int) (events.length() - offset)];
            events.readFully(rest);
            return split(rest, offset);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The newest event of a type. */
    public Optional<JsonNode> latest(String type) {
        List<Event> events = events(0);
        for (int i = events.size() - 1; i >= 0; i--) {
            if (events.get(i).type().equals(type)) {
                return Optional.of(parse(events.get(i).json()));
            }
        }
        return Optional.empty();
    }

    private static JsonNode parse(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Event> split(byte[] bytes, long offset) {
        List<Event> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                String line = new String(bytes, start, i - start, StandardCharsets.UTF_8);
                lines.add(new Event(offset + i + 1, parse(line).path("type").asText(), line));
                start = i + 1;
            }
        }
        return lines;
    }

    /**
     * One line of {@code events.jsonl}.
     *
     * @param end where the next line starts, bytes; what a reader gives to go on from here
     * @param type {@code state}, or what the work calls its progress
     * @param json the line
     */
    public record Event(long end, String type, String json) {
    }
}
