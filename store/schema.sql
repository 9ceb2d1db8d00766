-- A release of one area. Geometry is in EPSG:4326, longitude first. Rates are in mm a year along the line of sight,
-- towards the satellite positive, relative to radar.reference. NULL means unknown. Areas are geodesic.

CREATE TABLE release (
    id              VARCHAR PRIMARY KEY,    -- time of publishing, UTC
    area            VARCHAR NOT NULL,
    title           VARCHAR NOT NULL,
    created         TIMESTAMP NOT NULL,     -- UTC
    schema_version  INTEGER NOT NULL,
    engine_version  VARCHAR NOT NULL,
    content_key     VARCHAR NOT NULL,       -- hash of everything that the release was made from
    attribution     VARCHAR NOT NULL,
    source          VARCHAR NOT NULL,       -- Markdown: origin, licence, attribution of the data
    first_date      DATE NOT NULL,          -- of all data
    last_date       DATE NOT NULL,
    west DOUBLE NOT NULL, south DOUBLE NOT NULL, east DOUBLE NOT NULL, north DOUBLE NOT NULL
);

CREATE TABLE radar (                        -- one row, or none in an area without a stack
    first_date      DATE NOT NULL,          -- of the series
    last_date       DATE NOT NULL,
    pairs           INTEGER NOT NULL,       -- interferograms used
    moving_area_m2  DOUBLE NOT NULL,        -- ground that speaks for any patch, counted once
    halo_m          DOUBLE NOT NULL,        -- how far round a patch motion counts for it
    solved_share    DOUBLE NOT NULL,        -- of the frame's pixels, on a connected network
    reference       VARCHAR NOT NULL,       -- what the rates are relative to
    threshold       DOUBLE NOT NULL,        -- mm/yr: slower is no motion
    t95             DOUBLE NOT NULL,        -- from standard errors to 95 % intervals (Student's t, dates − 2)
    incidence_deg   DOUBLE NOT NULL,        -- median over the frame
    heading_deg     DOUBLE,                 -- of the flight, clockwise from north
    wavelength_m    DOUBLE NOT NULL
);

CREATE TABLE image (
    date         DATE PRIMARY KEY,
    layer        VARCHAR NOT NULL,          -- its picture among the layers
    probability  VARCHAR,                   -- the layer of its probabilities; NULL where no model was run
    bands        VARCHAR[] NOT NULL,
    pixel_m      DOUBLE NOT NULL,           -- height of a pixel on the ground
    valid_share  DOUBLE NOT NULL,           -- of the frame, with data
    west DOUBLE NOT NULL, south DOUBLE NOT NULL, east DOUBLE NOT NULL, north DOUBLE NOT NULL  -- the frame
);

CREATE TABLE extraction (                   -- one row, or none where patches were not found in images
    model        VARCHAR NOT NULL,
    sha256       VARCHAR NOT NULL,          -- of the checkpoint
    classes      VARCHAR[] NOT NULL,
    threshold    DOUBLE NOT NULL,           -- probability from which a pixel belongs to the preliminary mask
    least_share  DOUBLE NOT NULL,           -- of an object, in the mask, from which it is kept (p*)
    boundary_error_m DOUBLE NOT NULL,       -- from which the margins of areas are made
    metrics      JSON NOT NULL              -- accuracy in training: {part.figure: value}, as the checkpoint says it
);

CREATE TABLE acquisition (
    date     DATE PRIMARY KEY,
    noise_mm DOUBLE                         -- robust spread over the frame about each pixel's own line
);

CREATE TABLE interferogram (
    first_date                DATE NOT NULL,
    second_date               DATE NOT NULL,
    days                      INTEGER NOT NULL,
    perpendicular_baseline_m  DOUBLE,
    valid_share               DOUBLE NOT NULL,  -- of the frame's pixels with phase
    coherence                 DOUBLE,           -- mean over the frame; NULL where none was read
    first_baseline_m  DOUBLE, second_baseline_m DOUBLE, -- of the dates, perpendicular, against the first; NULL: not known
    used                      BOOLEAN NOT NULL,
    PRIMARY KEY (first_date, second_date)
);

CREATE TABLE layer (
    name      VARCHAR PRIMARY KEY,
    position  INTEGER NOT NULL,             -- order in the list of layers
    file      VARCHAR NOT NULL,             -- in the release's folder layers/
    unit      VARCHAR NOT NULL,
    palette   VARCHAR NOT NULL,
    low       DOUBLE,                       -- values at the ends of the palette
    high      DOUBLE,
    neutral   DOUBLE                        -- within ± this a diverging palette is grey
);

CREATE TABLE category (                     -- the values of layers of codes
    layer VARCHAR NOT NULL,
    value INTEGER NOT NULL,
    code  VARCHAR NOT NULL,
    share DOUBLE NOT NULL,                  -- of the layer's pixels
    PRIMARY KEY (layer, value)
);

CREATE TABLE rate_bin (                     -- histogram of the rate over the frame's solved pixels
    low     DOUBLE PRIMARY KEY,             -- mm/yr
    high    DOUBLE NOT NULL,
    area_m2 DOUBLE NOT NULL                 -- geodesic
);

CREATE TABLE patch (                        -- in Hilbert order, with plain bounds for map windows
    patch_id    VARCHAR PRIMARY KEY,
    name        VARCHAR NOT NULL,
    mine_class  VARCHAR NOT NULL,           -- on the latest date
    area_m2     DOUBLE NOT NULL,
    confidence  DOUBLE,                     -- mean probability over the patch, 0–1; NULL for given outlines, as all below
    change      VARCHAR,                    -- new, gone, grown, shrunk, passing, unchanged, undetermined; NULL: not compared
    change_from DATE, change_to DATE,       -- the first and the last date on which its ground was seen
    change_m2   DOUBLE,                     -- gained; negative: lost
    change_margin_m2 DOUBLE,                -- what boundary error explains
    first_seen  DATE,                       -- of the outlines
    last_seen   DATE,
    attention   DOUBLE NOT NULL DEFAULT 0,  -- sum of its points in the table attention, the order of lists
    turned      DATE,                       -- last day of which something is dated: a turn of the motion, loss of coherence
    verdicts    VARCHAR[] NOT NULL DEFAULT [], -- "kind:certainty" of the table verdict; not_tested only where it stands alone
    west DOUBLE NOT NULL, south DOUBLE NOT NULL, east DOUBLE NOT NULL, north DOUBLE NOT NULL,
    geometry    GEOMETRY NOT NULL
);

CREATE TABLE outline (                      -- a patch on each date on which it was found
    patch_id    VARCHAR NOT NULL,
    date        DATE NOT NULL,
    mine_class  VARCHAR NOT NULL,
    area_m2     DOUBLE NOT NULL,
    margin_m2   DOUBLE NOT NULL,            -- what the area changes by when the whole outline moves by the boundary error
    confidence  DOUBLE NOT NULL,            -- mean probability over it, 0–1
    geometry    GEOMETRY NOT NULL,
    PRIMARY KEY (patch_id, date)
);

CREATE TABLE sighting (                     -- a patch's ground, that of all dates, in the image of each date
    patch_id    VARCHAR NOT NULL,
    date        DATE NOT NULL,
    seen_share  DOUBLE NOT NULL,            -- of the ground, with data
    probability DOUBLE NOT NULL,            -- mean probability of a mine where it was seen
    PRIMARY KEY (patch_id, date)
);

CREATE TABLE surface (                      -- from the first to the last image, of patches that the first one shows
    patch_id         VARCHAR PRIMARY KEY,
    surface          VARCHAR,               -- levelled, solar_station, revegetated; NULL: undetermined
    texture_ratio    DOUBLE,                -- of texture to what it was, each against the ground beside the patch
    ndvi_change      DOUBLE,                -- against the ground beside; NULL without red and near infrared
    brightness_ratio DOUBLE,                -- in the light of the first image
    row_peak         DOUBLE                 -- power of the strongest wave of 2.5 to 15 m, in terms of their mean
);

CREATE TABLE activity (                     -- empty in an area without a stack
    patch_id            VARCHAR PRIMARY KEY,
    activity            VARCHAR NOT NULL,   -- of its own ground, against the still ground round it: positive, negative,
                                            -- settlement, decorrelated, no_change, not_observable
    paper_activity      VARCHAR NOT NULL,   -- by the paper's rule, over patch and halo; never settlement
    class_confidence    DOUBLE,             -- probability that what the class says holds, 0–1; NULL: cannot be told
    observed_share      DOUBLE NOT NULL,    -- of the patch's area, seen by the radar
    coherent_pixels     INTEGER NOT NULL,   -- in the patch, with a series
    decorrelated_pixels INTEGER NOT NULL,   -- in the patch, without
    shared_share        DOUBLE NOT NULL,    -- of patch and halo, what lies in or nearer to other patches
    detectable_rate     DOUBLE,             -- mm/yr: least that would have been told from 0 (95 %)
    cluster_parts       INTEGER,            -- connected clusters that speak for the patch; NULL where nothing moves
    cluster_pixels      INTEGER,            -- of all of them
    cluster_area_m2     DOUBLE,
    cluster_distance_m  DOUBLE,             -- from the patch, 0 inside
    median_rate         DOUBLE,             -- mm/yr, of the cluster
    extreme_rate        DOUBLE,             -- mm/yr, the greatest by size
    standard_error      DOUBLE,             -- mm/yr, median of the cluster's pixels
    significant_share   DOUBLE,             -- of the cluster's pixels, told from 0 at 95 %
    lost_first DATE, lost_last DATE,        -- between which coherence was lost to digging (95 %); NULL: not dated
    lost_until_first DATE, lost_until_last DATE, -- and came back; NULL: it did not
    lost_sure_until     DATE,               -- after which it surely was still lost
    cluster             GEOMETRY
);

CREATE TABLE series (                       -- one row a patch, lists in order of dates
    patch_id        VARCHAR PRIMARY KEY,
    of              VARCHAR NOT NULL,       -- "cluster", or "patch" where nothing moves
    pixels          INTEGER NOT NULL,
    dates           DATE[] NOT NULL,
    displacement_mm FLOAT[] NOT NULL,       -- since the first date, against the still ground round the patch
    still_mm        FLOAT[],                -- what that ground seems to do, which was taken away; NULL: too little of it
    spread_mm       FLOAT[] NOT NULL,       -- standard deviation between the pixels
    fitted_mm       FLOAT[],                -- the course (below); NULL where none was fitted, as the next
    fitted_error_mm FLOAT[],                -- its standard error
    rate            DOUBLE NOT NULL,        -- mm/yr, of a line through the mean series
    standard_error  DOUBLE NOT NULL         -- mm/yr
);

CREATE TABLE course (                       -- how the mean series runs over time; rates and days without yearly swing
    patch_id     VARCHAR PRIMARY KEY,
    course       VARCHAR NOT NULL,          -- constant, linear, quadratic, decay, onset, stop, bilinear, step, step_and_line
    turn         VARCHAR,                   -- onset, stop, faster, slower, reversal, step; NULL: nothing on one day
    day DATE, day_first DATE, day_last DATE, -- of the turn, with its 95 % interval
    rate_before DOUBLE NOT NULL, rate_after DOUBLE NOT NULL,    -- mm/yr, at the first and the last date
    error_before DOUBLE NOT NULL, error_after DOUBLE NOT NULL,  -- standard errors
    step_mm      DOUBLE,                    -- but for whole turns of the phase
    annual_mm    DOUBLE NOT NULL,           -- amplitude of the yearly swing
    noise_mm     DOUBLE NOT NULL,           -- of a date
    walk_mm      DOUBLE NOT NULL,           -- that noise gathers in a year
    p_value      DOUBLE NOT NULL,           -- that noise makes a turn look as likely
    cusum_p      DOUBLE NOT NULL,           -- a second opinion, from the sums of residuals about a line
    sure_from DATE, sure_until DATE,        -- by the first, and after the second, there surely was motion
    fading       DOUBLE NOT NULL            -- probability that motion fades without having turned
);

CREATE TABLE attention (                    -- why a patch stands where it does in the list: points add up
    patch_id VARCHAR NOT NULL,
    part     VARCHAR NOT NULL,              -- see engine/attention.py
    points   DOUBLE NOT NULL,
    PRIMARY KEY (patch_id, part)
);

CREATE TABLE permit (                       -- of the register, in Hilbert order; empty in an area without one
    number      VARCHAR PRIMARY KEY,
    mine        VARCHAR NOT NULL,           -- this and the next four: empty where the register says nothing
    holder      VARCHAR NOT NULL,
    mineral     VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL,
    status      VARCHAR NOT NULL,
    valid_from  DATE,                       -- first day
    valid_to    DATE,                       -- last day
    issued      DATE,
    reclaim_by  DATE,                       -- day on which the ground has to be restored
    declared_m2 DOUBLE,                     -- area as the register declares it
    top_m DOUBLE, bottom_m DOUBLE,          -- elevations between which may be dug
    as_read     BLOB,                       -- WKB in the register's own system, as its file has it
    mended      BOOLEAN NOT NULL,           -- whether its ring crossed itself
    west DOUBLE, south DOUBLE, east DOUBLE, north DOUBLE,
    geometry    GEOMETRY                    -- NULL where the register has no outline, as the bounds are
);

CREATE TABLE register (                     -- one row, or none in an area without permits
    name    VARCHAR NOT NULL,               -- of its file
    sha256  VARCHAR NOT NULL,               -- of the file; of the parts of a loose shapefile together
    crs     VARCHAR NOT NULL,               -- its own, as an authority's code or as WKT
    permits INTEGER NOT NULL,
    version VARCHAR,                        -- among the area's registers; NULL for one that area.toml names
    report  JSON NOT NULL,                  -- what was odd in it
    error_m DOUBLE NOT NULL                 -- positional error of outlines against permits (METHOD, 7)
);

CREATE TABLE zone (                         -- in which nothing may be mined
    name     VARCHAR NOT NULL,              -- empty where none is given
    since    DATE,                          -- first day in force; NULL: always
    geometry GEOMETRY NOT NULL
);

CREATE TABLE verdict (                      -- all but inside and not_tested are suspicions until they are confirmed
    patch_id  VARCHAR NOT NULL,
    register  VARCHAR,                      -- the permits held against, by their file; NULL where there are none
    kind      VARCHAR NOT NULL,             -- inside, crosses, no_permit, after_expiry, before_start, renewal_pending,
                                            -- other_mineral, exploration_only, prohibited_zone, not_reclaimed, not_tested
    certainty VARCHAR,                      -- certain, doubtful; NULL: not tested
    reasons   JSON NOT NULL,                -- [{code, parameters}]
    date      DATE,                         -- on which permits had to be valid: that of the outline; NULL: not tested
    least_m2  DOUBLE,                       -- outside every valid permit, at least; of a zone: inside it, as all below
    likely_m2 DOUBLE,                       -- outside
    most_m2   DOUBLE,                       -- outside at most: what the errors of permits and outline leave open
    distance_m DOUBLE,                      -- from the permits to the place furthest outside; NULL: none touches the patch
    permits   VARCHAR[] NOT NULL,           -- numbers of those that the reasons rest on
    since     DATE,                         -- day from which it is illicit, where it is known
    days      INTEGER,                      -- after the permit's last day on which there was still work, at least
    outside   GEOMETRY,                     -- the likely area; NULL where there is none
    PRIMARY KEY (patch_id, kind)
);

CREATE TABLE step (                         -- provenance
    position          INTEGER PRIMARY KEY,
    name              VARCHAR NOT NULL,
    finished          TIMESTAMP NOT NULL,   -- UTC
    seconds           DOUBLE NOT NULL,
    peak_memory_bytes BIGINT NOT NULL,      -- of the engine's process up to then
    parameters        JSON NOT NULL,
    versions          JSON NOT NULL,
    report            JSON NOT NULL
);

CREATE TABLE input (
    step   VARCHAR NOT NULL,
    file   VARCHAR NOT NULL,                -- relative to the area's folder where it lies in it
    sha256 VARCHAR NOT NULL
);

CREATE TABLE map_shape (                    -- what tiles are cut from, by layer, least zoom and place (store/map_shapes.py)
    layer      VARCHAR NOT NULL,            -- patches, outlines (but the latest), clusters, outside, permits, zones
    patch_id   VARCHAR,                     -- of the first four
    name VARCHAR, activity VARCHAR, change VARCHAR, date VARCHAR, kind VARCHAR, certainty VARCHAR, -- as the layer has them
    number VARCHAR, mine VARCHAR, valid_from VARCHAR, valid_to VARCHAR, since VARCHAR,
    least_zoom INTEGER NOT NULL,            -- of tiles that show it
    west DOUBLE NOT NULL, south DOUBLE NOT NULL, east DOUBLE NOT NULL, north DOUBLE NOT NULL, -- of the shape, as it
    shape      GEOMETRY NOT NULL            -- EPSG:3857, in which tiles are cut, metres
);
