package io.advunlearn.service.jobs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Jobs of one kind: a directory each. */
public final class JobStore {

    private static final Logger LOG = LoggerFactory.getLogger(JobStore.class);
    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd't'HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final int SLUG_CHARACTERS = 30;
    private static final int RANDOM_CHARACTERS = 6;

    private final Path root;

    JobStore(Path root) {
        this.root = root;
    }

    /** A new job. @param topic a word for people, part of the id */
    JobDirectory create(String topic, String replica, Object request) {
        String slug = topic.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        slug = slug.substring(0, Math.min(slug.length(), SLUG_CHARACTERS));
        String id = (slug.isEmpty() ? "job" : slug) + "-" + TIME.format(Instant.now()) + "-"
                + UUID.randomUUID().toString().substring(0, RANDOM_CHARACTERS);
        return createAs(id, replica, request);
    }

    /** The job of an id that somebody else knows already; a new one if there is none. */
    JobDirectory findOrCreate(String id, String replica, Object request) {
        return find(id).orElseGet(() -> createAs(id, replica, request));
    }

    private JobDirectory createAs(String id, String replica, Object request) {
        JobDirectory job = new JobDirectory(root.resolve(id));
        job.create(request, JobStatus.queued(id, replica));
        return job;
    }

    Optional<JobDirectory> find(String id) {
        if (!ID.matcher(id).matches()) {
            return Optional.empty();
        }
        return Optional.of(new JobDirectory(root.resolve(id))).filter(JobDirectory::exists);
    }

    /** One damaged file must not hide the other jobs. */
    private static boolean isReadable(JobDirectory job) {
        try {
            job.status();
            job.request();
            return true;
        } catch (UncheckedIOException e) {
            LOG.warn("Job {} is left out: {}", job.id(), e.getMessage());
            return false;
        }
    }

    /** Those that are not over, oldest first. */
    List<JobDirectory> unfinished() {
        return list(JobStore::isUnfinished);
    }

    /** Looked at often: a damaged one is named when the jobs are listed. */
    private static boolean isUnfinished(JobDirectory job) {
        try {
            return !job.status().state().isFinal();
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** Oldest first. */
    List<JobDirectory> all() {
        return list(JobStore::isReadable);
    }

    private List<JobDirectory> list(Predicate<JobDirectory> which) {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> directories = Files.list(root)) {
            return directories.map(JobDirectory::new).filter(JobDirectory::exists).filter(which)
                    .sorted(Comparator.comparing((JobDirectory job) -> job.status().createdAt()).thenComparing(JobDirectory::id)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
